"""Prints the translated template."""

import json

import template

print(json.dumps(template.translated(), indent=2))
