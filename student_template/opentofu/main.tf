# The lab's stack, for OpenTofu and Terraform. It deploys as it is; the TODOs say what is still missing.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

# tofu apply -var runtime=python3.12 deploys with another one.
variable "runtime" {
  type    = string
  default = "python3.13"
}

# Roles cannot be created in an AWS Academy account. LabRole is there: in *your* account.
data "aws_iam_role" "lab_role" {
  name = "LabRole"
}

locals {
  # The code of both functions, zipped. README.md says how; zip it again after every change.
  code = "${path.module}/lambda.zip"
}

# TODO 2: two resources "aws_sqs_queue", with name = "input_queue" and name = "output_queue". The input queue
# needs a visibility_timeout_seconds: a message stays hidden that long while the function works on it. AWS
# refuses less than the function's timeout, and recommends six times as much.

resource "aws_lambda_function" "first_lambda" {
  function_name = "first_lambda"
  runtime       = var.runtime
  handler       = "lambda_function.lambda_handler"
  filename      = local.code
  # Without it a change of the code would not be seen.
  source_code_hash = filebase64sha256(local.code)
  role             = data.aws_iam_role.lab_role.arn
  # TODO 1: memory_size = … (128 MB) and timeout = … (60 seconds; without it, AWS takes 3).

  environment {
    # TODO 3: two variables: foo, whose value must be "bar", and OUTPUT_QUEUE_URL, the .url of your output
    # queue.
    variables = {
      foo = "TODO"
    }
  }
}

# TODO 4: a resource "aws_lambda_event_source_mapping": AWS takes messages from event_source_arn = … (the .arn
# of your input queue) and hands them to function_name = … (the .arn of first_lambda).

# TODO 5 is in ../lambda/lambda_function.py: receive the messages, answer them.

# TODO 6: a second "aws_lambda_function", function_name = "periodic_lambda", from the same archive, with
# handler = "periodic_function.lambda_handler" and the variable foo. Its code is TODO 6 as well, in
# ../lambda/periodic_function.py. If you have made periodic_lambda in the console already (../console.md),
# leave out TODO 6 and 7: there can be only one of that name.

# TODO 7: what runs it every minute:
# - a resource "aws_cloudwatch_event_rule" with a name and schedule_expression = "rate(1 minute)";
# - a resource "aws_cloudwatch_event_target": rule = … (the rule's .name), arn = … (the function's .arn);
# - a resource "aws_lambda_permission", without which EventBridge may not call the function:
#   function_name = … (the function's .function_name), action = "lambda:InvokeFunction",
#   principal = "events.amazonaws.com", source_arn = … (the rule's .arn).
