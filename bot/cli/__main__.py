"""`python -m bot.cli`: the same as `pullquote`."""

import sys

from bot.cli import main

sys.exit(main())
