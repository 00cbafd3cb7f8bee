"""Published and recomputed figures that the tests must reproduce.

Basel: Basel Committee (1996), table 2. MATLAB: documentation of the Risk Management Toolbox
(varbacktest, esbacktest, esbacktestbysim). Kupiec: Kupiec (1995). G1 to G3: vectors computed from
the formulas, T = 250, p = 0.01.
"""

import numpy as np

BASEL = [
    # x, P(X = x) %, P(X <= x) %, P(X >= x) %, zone, multiplier, Kupiec LR, Kupiec p
    (0, 8.11, 8.11, 100.00, "green", 1.50, 5.0252, 0.0250),
    (1, 20.47, 28.58, 91.89, "green", 1.50, 1.1765, 0.2781),
    (2, 25.74, 54.32, 71.42, "green", 1.50, 0.1084, 0.7419),
    (3, 21.49, 75.81, 45.68, "green", 1.50, 0.0949, 0.7580),
    (4, 13.41, 89.22, 24.19, "green", 1.50, 0.7691, 0.3805),
    (5, 6.66, 95.88, 10.78, "yellow", 1.70, 1.9568, 0.1619),
    (6, 2.75, 98.63, 4.12, "yellow", 1.76, 3.5554, 0.0594),
    (7, 0.97, 99.60, 1.37, "yellow", 1.83, 5.4970, 0.0190),
    (8, 0.30, 99.89, 0.40, "yellow", 1.88, 7.7336, 0.0054),
    (9, 0.08, 99.97, 0.11, "yellow", 1.92, 10.2290, 0.0014),
    (10, 0.02, 99.99, 0.03, "red", 2.00, 12.9555, 0.0003),
]

KUPIEC_REGIONS = [
    # p, T, smallest and largest count printed as accepted
    (0.01, 255, 0, 6),
    (0.025, 255, 3, 11),
    (0.05, 255, 7, 20),
    (0.075, 255, 12, 27),
    (0.10, 255, 17, 35),
    (0.01, 510, 2, 10),
    (0.025, 510, 7, 20),
    (0.05, 510, 17, 35),
    (0.075, 510, 28, 50),
    (0.10, 510, 39, 64),
    (0.01, 1000, 5, 16),
    (0.025, 1000, 16, 35),
    (0.05, 1000, 38, 64),
    (0.075, 1000, 60, 91),
    (0.10, 1000, 82, 119),
]

CUT_OFFS = [
    # p, T, accepted by Kupiec, largest green, largest yellow
    (0.005, 250, (0, 4), 2, 6),
    (0.005, 500, (1, 6), 4, 9),
    (0.005, 750, (1, 8), 6, 12),
    (0.005, 1000, (2, 9), 8, 14),
    (0.005, 1250, (3, 11), 10, 16),
    (0.01, 100, (0, 3), 2, 5),
    (0.01, 250, (1, 6), 4, 9),
    (0.01, 500, (2, 9), 8, 14),
    (0.01, 750, (3, 13), 11, 19),
    (0.01, 1000, (5, 16), 14, 23),
    (0.01, 1250, (7, 19), 18, 26),
]

ALL_WEEK_CUT_OFFS = [
    # T, largest green and yellow at 99 %, at 99.5 %
    (252, (4, 9), (2, 6)),
    (365, (6, 12), (3, 8)),
    (730, (11, 18), (6, 12)),
    (1095, (16, 24), (9, 15)),
]

LONG_SERIES = [
    # T, p, x, LR_uc, LR_cci, LR_cc
    (1703, 0.01, 166, 471.596309196609, 294.473896975476, 766.070206172084),
    (1703, 0.05, 284, 311.998461569185, 197.952172065323, 509.950633634508),
    (1703, 0.01, 1278, 9865.69395900987, 890.478433173468, 10756.1723921833),
    (1703, 0.01, 458, 2260.4, 115.26, 2375.7),
]

GOLDEN = {
    # statistic and p-value of each test; "weibull" is (b, LR, p)
    "G1": {
        "days": (40, 120, 200, 230),
        "transitions": (241, 4, 4, 0),
        "kupiec_pof": (0.769138, 0.380484),
        "christoffersen_independence": (0.130618, 0.717792),
        "christoffersen_conditional_coverage": (0.899756, 0.637706),
        "kupiec_tuff": (0.641719, 0.423089),
        "haas_tbfi": (1.759879, 0.779814),
        "haas_tbf": (2.529017, 0.772119),
        "weibull": (3.563550, 4.917974, 0.026579),
        "dynamic_quantile": (2.788925, 0.834834),
    },
    "G2": {
        "days": (50, 51, 52, 180, 181),
        "transitions": (242, 2, 2, 3),
        "kupiec_pof": (1.956810, 0.161855),
        "christoffersen_independence": (19.049307, 1.3e-5),
        "christoffersen_conditional_coverage": (21.006117, 2.7e-5),
        "kupiec_tuff": (0.391362, 0.531584),
        "haas_tbfi": (28.089281, 3.4965e-5),
        "haas_tbf": (30.046091, 3.8523e-5),
        "weibull": (0.396770, 6.979611, 0.008244),
        "dynamic_quantile": (202.488771, 5.6e-41),
    },
    "G3": {
        "days": (1, 125, 250),
        "transitions": (245, 2, 2, 0),
        "kupiec_pof": (0.094940, 0.757988),
        "christoffersen_independence": (0.032389, 0.857177),
        "christoffersen_conditional_coverage": (0.127329, 0.938320),
        "kupiec_tuff": (9.210340, 0.002407),
        "haas_tbfi": (9.314804, 0.025385),
        "haas_tbf": (9.409744, 0.051635),
        "weibull": (10.0, 9.207148, 0.002411),
        "dynamic_quantile": (0.147353, 0.999937),
    },
}

BENJAMINI_HOCHBERG = {
    "p": [0.0002, 0.004, 0.012, 0.019, 0.03, 0.2, 0.5, 0.7, 0.9, 0.95],
    "bh": [0.002, 0.02, 0.04, 0.0475, 0.06, 0.3333, 0.7143, 0.875, 0.95, 0.95],
    "holm": [0.002, 0.036, 0.096, 0.133, 0.18, 1, 1, 1, 1, 1],
    "by": [0.0059, 0.0586, 0.1172],
}

OVERLAP = [
    # confidence, h, variance inflation, P(hit | hit yesterday), effective observations of 250
    (0.99, 2, 1.241, 0.129, 201),
    (0.99, 3, 1.571, 0.238, 159),
    (0.99, 5, 2.303, 0.377, 109),
    (0.99, 10, 4.249, 0.542, 59),
    (0.995, 2, 1.189, None, None),
    (0.995, 3, 1.471, None, None),
    (0.995, 5, 2.111, None, None),
    (0.995, 10, 3.836, None, None),
]


def hits_on(days, observations=250):
    hits = np.zeros(observations, dtype=bool)
    hits[np.array(days) - 1] = True
    return hits


def golden_margin(observations=250):
    return 1 + 0.1 * np.sin(np.arange(1, observations + 1) / 10)
