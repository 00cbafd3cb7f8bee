"""Hypothetical portfolios of the demonstration, as the file that a data home declares them in.

Here belongs which portfolios the demonstration shows and why. What a declaration means is said in
``pipeline.backtest.hypothetical``.
"""

DECLARATION = """\
# Portfolios of constant make-up, sized anew on each date at its prices. Nobody holds them; margins
# and losses come from the same code as those of accounts. Amounts are in the reporting currency.

[[portfolio]]
id = "index-pair"
title = "S&P 500 against NASDAQ at equal notional"
reason = "The two indices form an offset group; the credit it earns is on trial."

[[portfolio.leg]]
product = "SP500"
nearby = 1
notional_amount = 10_000_000

[[portfolio.leg]]
product = "NASDAQ"
nearby = 1
notional_amount = -10_000_000

[[portfolio]]
id = "crude-against-index"
title = "Crude oil against S&P 500 at equal notional"
reason = "No offset group holds both: what netting them at account level does."

[[portfolio.leg]]
product = "WTI"
nearby = 1
notional_amount = 10_000_000

[[portfolio.leg]]
product = "SP500"
nearby = 1
notional_amount = -10_000_000

[[portfolio]]
id = "crude-alone"
title = "Crude oil alone, long"
reason = "No offset: what the model does with a single leg, for comparison."

[[portfolio.leg]]
product = "WTI"
nearby = 1
notional_amount = 10_000_000
"""
"""The crude oil of the demonstration is one continuous price, so there is no calendar spread."""
