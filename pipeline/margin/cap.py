"""The cap on offset credit; what is summed as its base is the netting tree's business."""

import numpy as np

from pipeline.margin.market import FloatArray


def cap_offset_credit(base: FloatArray, netted: FloatArray, cap: FloatArray | float) -> FloatArray:
    """Return the margin after the cap on offset credit.

    capped = max(netted, base - cap (base - netted)), the reading of Regulation (EU) 153/2013,
    Art. 27(4): margin may fall by at most 80 % (the cap) of the difference between the sum of the
    margins calculated individually and the margin on the combined exposure. Where netting raises
    the requirement (netted > base) the credit is negative and the margin is the netted one.

    Parameters
    ----------
    base : ndarray of shape (n_nodes,)
        Sum of the margins at the base level, in reporting currency.
    netted : ndarray of shape (n_nodes,)
        Margin on the combined exposure.
    cap : float or ndarray
        Share of the credit that may be granted, 0 to 1.

    Returns
    -------
    ndarray of shape (n_nodes,)
        From ``base`` at cap 0 to ``netted`` at cap 1 where the credit is not negative; at both
        ends without rounding.
    """
    # base - (base - netted) differs from netted in the last digit.
    allowed = np.where(np.asarray(cap) == 1.0, netted, base - cap * (base - netted))
    return np.asarray(np.maximum(netted, allowed), dtype=np.float64)
