"""The lab's stack, in CDK for Terraform. It deploys as it is; the TODOs say what is still missing."""

from cdktn import App, AssetType, Fn, TerraformAsset, TerraformStack, TerraformVariable
from cdktn_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktn_provider_aws.cloudwatch_event_target import CloudwatchEventTarget
from cdktn_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktn_provider_aws.lambda_event_source_mapping import LambdaEventSourceMapping
from cdktn_provider_aws.lambda_function import LambdaFunction, LambdaFunctionEnvironment
from cdktn_provider_aws.lambda_permission import LambdaPermission
from cdktn_provider_aws.provider import AwsProvider
from cdktn_provider_aws.sqs_queue import SqsQueue
from constructs import Construct


class LambdaStack(TerraformStack):
    """All that the lab asks for, in the account of whoever deploys it."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        AwsProvider(self, "aws", region="us-east-1")
        # The bindings are made for one major version of the provider; what is used here is the same
        # in both.
        self.add_override("terraform.required_providers.aws.version", ">= 5.100, < 7")

        # terraform apply -var runtime=python3.12 deploys with another one.
        runtime = TerraformVariable(self, "runtime", type="string", default="python3.13")
        # Roles cannot be created in an AWS Academy account. LabRole is there: in *your* account.
        caller = DataAwsCallerIdentity(self, "caller")
        role = f"arn:aws:iam::{caller.account_id}:role/LabRole"
        code = TerraformAsset(self, "code", path="./lambda", type=AssetType.ARCHIVE)
        # Without it Terraform would not see that the code has changed.
        code_hash = Fn.filebase64sha256(code.path)

        # TODO 2: two SqsQueue, with name="input_queue" and name="output_queue". The input queue needs a
        # visibility_timeout_seconds: a message stays hidden that long while the function works on it.
        # AWS refuses less than the function's timeout, and recommends six times as much.

        first_lambda = LambdaFunction(
            self,
            "first_lambda",
            function_name="first_lambda",
            runtime=runtime.string_value,
            handler="lambda_function.lambda_handler",
            filename=code.path,
            source_code_hash=code_hash,
            role=role,
            # TODO 1: memory_size=… (128 MB) and timeout=… (60 seconds; without it, AWS takes 3).
            # TODO 3: two variables: foo, whose value must be "bar", and OUTPUT_QUEUE_URL, the .url of
            # your output queue.
            environment=LambdaFunctionEnvironment(variables={"foo": "TODO"}),
        )

        # TODO 4: a LambdaEventSourceMapping: AWS takes messages from event_source_arn=… (the .arn of
        # your input queue) and hands them to function_name=… (the .arn of first_lambda).

        # TODO 5 is in lambda/lambda_function.py: receive the messages, answer them.

        # TODO 6: a second LambdaFunction, function_name="periodic_lambda", from the same archive, with
        # handler="periodic_function.lambda_handler" and the variable foo. Its code is TODO 6 as well, in
        # lambda/periodic_function.py. If you have made periodic_lambda in the console already
        # (console.md), leave out TODO 6 and 7: there can be only one of that name.

        # TODO 7: what runs it every minute:
        # - a CloudwatchEventRule with a name and schedule_expression="rate(1 minute)";
        # - a CloudwatchEventTarget: rule=… (the rule's .name), arn=… (the function's .arn);
        # - a LambdaPermission, without which EventBridge may not call the function: function_name=…
        #   (the function's .function_name), action="lambda:InvokeFunction",
        #   principal="events.amazonaws.com", source_arn=… (the rule's .arn).


app = App()
LambdaStack(app, "lambda_sqs_lab")
app.synth()
