"""Where is the wearer in the walk? One walk as it happens: phases, dose, walk test and report. Pure."""
