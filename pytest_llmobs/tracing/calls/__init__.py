"""What ``@traceable`` does at each call: start a run, follow what is yielded, end it.

The decorator itself is in ``traceable``. ``target_run`` tells which call is the run of a trial's target,
``prompt_texts`` which prompts a model call sends, whoever makes it.
"""
