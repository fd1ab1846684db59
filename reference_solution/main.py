"""The lab's stack, in CDK for Terraform: two functions, two queues, and what runs the functions."""

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

TIMEOUT_S = 60


class LambdaStack(TerraformStack):
    """All that the lab asks for, in the account of whoever deploys it."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        AwsProvider(self, "aws", region="us-east-1")
        # The bindings are of one major version of the provider; what is used here is the same in both.
        self.add_override("terraform.required_providers.aws.version", ">= 5.100, < 7")

        # terraform apply -var runtime=python3.12 deploys with another one.
        runtime = TerraformVariable(self, "runtime", type="string", default="python3.13")
        # Roles cannot be created in an AWS Academy account. LabRole is there: in *your* account.
        caller = DataAwsCallerIdentity(self, "caller")
        role = f"arn:aws:iam::{caller.account_id}:role/LabRole"
        code = TerraformAsset(self, "code", path="./lambda", type=AssetType.ARCHIVE)
        # Without it Terraform would not see that the code has changed.
        code_hash = Fn.filebase64sha256(code.path)

        # A message stays hidden while the function works on it: AWS refuses less than the function's
        # timeout, and recommends six times as much.
        input_queue = SqsQueue(
            self, "input_queue", name="input_queue", visibility_timeout_seconds=6 * TIMEOUT_S
        )
        output_queue = SqsQueue(self, "output_queue", name="output_queue")
        first_lambda = LambdaFunction(
            self,
            "first_lambda",
            function_name="first_lambda",
            runtime=runtime.string_value,
            handler="lambda_function.lambda_handler",
            filename=code.path,
            source_code_hash=code_hash,
            role=role,
            memory_size=128,
            timeout=TIMEOUT_S,
            environment=LambdaFunctionEnvironment(
                variables={"foo": "bar", "OUTPUT_QUEUE_URL": output_queue.url}
            ),
        )
        LambdaEventSourceMapping(
            self,
            "input_mapping",
            event_source_arn=input_queue.arn,
            function_name=first_lambda.arn,
        )

        periodic_lambda = LambdaFunction(
            self,
            "periodic_lambda",
            function_name="periodic_lambda",
            runtime=runtime.string_value,
            handler="periodic_function.lambda_handler",
            filename=code.path,
            source_code_hash=code_hash,
            role=role,
            memory_size=128,
            timeout=TIMEOUT_S,
            environment=LambdaFunctionEnvironment(variables={"foo": "bar"}),
        )
        every_minute = CloudwatchEventRule(
            self, "every_minute", name="every_minute", schedule_expression="rate(1 minute)"
        )
        CloudwatchEventTarget(
            self, "periodic_target", rule=every_minute.name, arn=periodic_lambda.arn
        )
        LambdaPermission(
            self,
            "periodic_permission",
            function_name=periodic_lambda.function_name,
            action="lambda:InvokeFunction",
            principal="events.amazonaws.com",
            source_arn=every_minute.arn,
        )


app = App()
LambdaStack(app, "lambda_sqs_lab")
app.synth()
