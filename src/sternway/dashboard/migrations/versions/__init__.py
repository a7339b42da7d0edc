"""Which steps are there?"""
