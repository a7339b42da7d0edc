"""Where is the wearer in the walk and in the programme? Plan, tracker, walk test and journal."""
