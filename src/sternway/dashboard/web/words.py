"""The short things the pages say, in one place: plain, short, calm."""

NOT_MEDICAL = (
    "Sternway is not a medical device. It gives no diagnosis and makes no promise. "
    "If something hurts or worries you, stop and ask a doctor or physiotherapist."
)
HONEST = (
    "Nobody has published how well any detector does on stumbles while walking backward, "
    "so treat what you read here as a hint, and keep a rail or a person near."
)

SAID = {
    "saved": "Saved.",
    "ask_first": "No walk was started: by your answers, please ask a doctor or physiotherapist first.",
    "started": "The clip has started the walk.",
    "stopped": "The clip has ended the walk.",
    "paused": "The walk is paused.",
    "resumed": "The walk goes on.",
    "ok": "The clip knows that you are OK.",
    "pain": "The clip has ended the walk. Rest, and look after the place that hurts.",
    "buzzed": "The clip says that it buzzed.",
    "haptics": "The clip has changed its buzzing.",
    "refused": "The clip said no: it may be in the wrong moment for that.",
    "no_answer": "The clip did not answer. If it is out of reach, use the button on the clip.",
    "labelled": "Thank you. Your answer is kept with the event.",
    "corrected": "Corrected. The earlier entry is kept in the journal.",
    "plan": "The plan is saved. The clip gets it when it is next in reach.",
    "plan_sent": "The plan is saved and on its way to the clip.",
    "backed_up": "A backup has been written on the server.",
    "deleted": "Everything has been deleted.",
    "forgotten": "The clip is forgotten.",
    "forgotten_here": "Forgotten here. On the server, `sudo sternway forget` ends its pairing with the broker too.",
    "renamed": "The clip has its new name.",
    "removed": "That person can no longer look.",
    "logged_out": "You are logged out.",
}

APOLOGIES = {
    "400": "That form could not be read. Please go back and try again.",
    "403": "That is not for you to change.",
    "404": "There is no such page.",
    "405": "There is no such page.",
    "413": "That form is too large.",
    "415": "That form could not be read. Please go back and try again.",
    "500": "Something went wrong here. It has been written down in the log. Please try again.",
    "503": "The store on the server did not answer. Its disk may be full. Nothing of yours was changed.",
    "form": "This form was too old or came from elsewhere. Please go back, load the page again and try again.",
    "owner": "You can look at everything, but only an owner can change things.",
}

PHASES = {
    "ready": "Ready",
    "standing_check": "Standing check",
    "warm_up": "Warming up, forward",
    "backward": "Walking backward",
    "rest": "Rest",
    "cool_down": "Cooling down, forward",
    "paused": "Paused",
    "walk_test": "Three-metre walk test",
}
DIRECTIONS = {"forward": "Forward", "backward": "Backward", "unknown": "Not known"}
KINDS = {
    "stumble": "Stumble",
    "pre_impact": "Losing balance",
    "fall": "Possible fall",
    "fall_confirmed": "Fall, nobody answered",
    "fall_cancelled": "I’m OK",
    "stability": "Steadiness changed",
    "fatigue": "Getting tired",
    "not_worn": "Not worn",
    "fault": "FAULT",
}
LEVELS = {"steady": "steady", "raised": "less steady", "high": "much less steady", "unknown": "not known"}
VARIATIONS = {"flat": "Flat ground", "uphill": "Uphill", "treadmill": "Treadmill"}
SUPPORTS = {"wall": "Along a wall", "rail": "Holding a rail", "partner": "With a partner", "none": "Nothing to hold"}
STOPS = {
    "long_press": "long press",
    "page_stop": "from the page",
    "pain": "pain",
    "two_stumbles": "two stumbles",
    "fall": "a fall",
    "fault": "a fault of the clip",
}
CHECKS = {
    "place": "Place",
    "surface": "Ground flat, dry and clear",
    "footwear": "On the feet",
    "support": "Something to hold",
    "pain_before": "Pain before, 0 to 10",
}
LABELS = {"right": "Right: it happened", "false_alarm": "False alarm", "unsure": "I cannot say"}
