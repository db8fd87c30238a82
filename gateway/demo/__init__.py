"""A charging day in minutes: stations and a back end of their own making, one on each side of a real gateway process."""
