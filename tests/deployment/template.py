"""The template as it stands, and as CloudFormation sees it once SAM has translated it."""

import os
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
# The translator asks for a region, and puts it nowhere.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
FUNCTION = "AWS::Serverless::Function"


def source() -> dict:
    """The template with its intrinsic functions in their long form."""
    return yaml_parse((ROOT / "template.yaml").read_text())


def functions(template: dict) -> dict:
    """The functions of a template, by logical name."""
    return {name: it["Properties"] for name, it in template["Resources"].items() if it["Type"] == FUNCTION}


def translated(bucket: str = "artifacts") -> dict:
    """What `sam deploy` sends, its packages named after the functions' folders in this bucket."""
    template = source()
    for properties in functions(template).values():
        properties["CodeUri"] = f"s3://{bucket}/{Path(properties['CodeUri']).name}.zip"
    return transform(template, {}, NoManagedPolicies())


class NoManagedPolicies:
    """The names of AWS's managed policies, none of which the template uses."""

    def load(self) -> dict:
        return {}
