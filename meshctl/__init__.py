"""meshctl: why does my request go there, and not where I meant?"""

__version__ = "0.1.0"
