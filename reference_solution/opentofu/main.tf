# The lab's stack, for OpenTofu and Terraform: two functions, two queues, and what runs the functions.

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

  timeout_s = 60
}

resource "aws_sqs_queue" "input_queue" {
  name = "input_queue"
  # A message stays hidden while the function works on it: AWS refuses less than the function's
  # timeout, and recommends six times as much.
  visibility_timeout_seconds = 6 * local.timeout_s
}

resource "aws_sqs_queue" "output_queue" {
  name = "output_queue"
}

resource "aws_lambda_function" "first_lambda" {
  function_name = "first_lambda"
  runtime       = var.runtime
  handler       = "lambda_function.lambda_handler"
  filename      = local.code
  # Without it a change of the code would not be seen.
  source_code_hash = filebase64sha256(local.code)
  role             = data.aws_iam_role.lab_role.arn
  memory_size      = 128
  timeout          = local.timeout_s

  environment {
    variables = {
      foo              = "bar"
      OUTPUT_QUEUE_URL = aws_sqs_queue.output_queue.url
    }
  }
}

resource "aws_lambda_event_source_mapping" "input_mapping" {
  event_source_arn = aws_sqs_queue.input_queue.arn
  function_name    = aws_lambda_function.first_lambda.arn
}

resource "aws_lambda_function" "periodic_lambda" {
  function_name    = "periodic_lambda"
  runtime          = var.runtime
  handler          = "periodic_function.lambda_handler"
  filename         = local.code
  source_code_hash = filebase64sha256(local.code)
  role             = data.aws_iam_role.lab_role.arn
  memory_size      = 128
  timeout          = local.timeout_s

  environment {
    variables = {
      foo = "bar"
    }
  }
}

resource "aws_cloudwatch_event_rule" "every_minute" {
  name                = "every_minute"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "periodic_target" {
  rule = aws_cloudwatch_event_rule.every_minute.name
  arn  = aws_lambda_function.periodic_lambda.arn
}

resource "aws_lambda_permission" "periodic_permission" {
  function_name = aws_lambda_function.periodic_lambda.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_minute.arn
}
