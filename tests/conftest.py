from hypothesis import settings

settings.register_profile("sternway", derandomize=True, deadline=None, database=None)
settings.load_profile("sternway")

pytest_plugins = ["fixtures.broker", "fixtures.publisher", "fixtures.records", "fixtures.walker"]
