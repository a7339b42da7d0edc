"""How are the detectors' weights made? Features, augmentation and fitting (extra ``[train]``)."""
