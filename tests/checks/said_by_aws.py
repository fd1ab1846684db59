"""What AWS and the sandbox were seen to say without a line of the student's, and the step for it."""

from __future__ import annotations

ID = "8f507cfc-aaaa-4697-b07a-ac58fc914c95"
DENIED = (
    "An error occurred (AccessDenied) when calling the SendMessage operation: User:"
    " arn:aws:sts::111111111111:assumed-role/lab-role/first_lambda is not authorized to perform:"
    " sqs:sendmessage on resource: arn:aws:sqs:us-east-1:111111111111:output_queue because no"
    " identity-based policy allows the sqs:sendmessage action"
)
HANDLE = (
    "An error occurred (ReceiptHandleIsInvalid) when calling the DeleteMessage operation: The input"
    " receipt handle is invalid."
)
SAID: list[tuple[str, str, str]] = [
    (
        "ReceiptHandleIsInvalid",
        HANDLE,
        "cannot be deleted. Take that call out: Lambda itself deletes",
    ),
    *(
        (
            "Runtime.ImportModuleError",
            f"Unable to import module '{module}': No module named '{name}'",
            "asks for src/adder.py inside the package, and it is not there: zip it so, or write only",
        )
        for module in ("src/adder", "src.adder")
        for name in ("src", "src.adder")
    ),
    (
        "Runtime.ImportModuleError",
        "Unable to import module 'src.adder': No module named 'src.helper'",
        "and no src.helper: take the import out",
    ),
    (
        "Runtime.ImportModuleError",
        "Unable to import module 'adder.py': No module named 'adder.py'; 'adder' is not a package",
        "Take .py out of the function's handler setting",
    ),
    (
        "ClientError",
        DENIED,
        "The function's role, lab-role, lacks the permission sqs:SendMessage: give the",
    ),
    (
        "ClientError",
        DENIED.replace("lab-role", "LabRole"),
        "which lacks the permission sqs:SendMessage there",
    ),
    (
        "ClientError",
        DENIED.replace("us-east-1:111111111111", "us-east-1:222222222222"),
        "a queue of the AWS account 222222222222, and runs in 111111111111",
    ),
    (
        "ClientError",
        DENIED.replace("us-east-1:111111111111", "cn-north-1:222222222222").replace(
            "arn:aws:", "arn:aws-cn:"
        ),
        "a queue of the AWS account 222222222222, and runs in 111111111111",
    ),
    (
        "ClientError",
        DENIED.replace("because no", "with an explicit deny in policy/voc-cancel-cred, no"),
        "Your Learner Lab has ended",
    ),
    (
        "ClientError",
        "An error occurred (AccessDenied) when calling the ListQueues operation: Access to the"
        " resource https://queue.amazonaws.com/ is denied.",
        "may not call ListQueues: give the function the role LabRole",
    ),
    *(
        (
            "ClientError",
            DENIED.replace("lab-role", role)
            .replace("SendMessage", "GetParameter")
            .replace("sqs:sendmessage", "ssm:GetParameter")
            .replace("(AccessDenied)", "(AccessDeniedException)"),
            "The function's role lacks the permission ssm:GetParameter: unless your lab asks for that",
        )
        for role in ("lab-role", "LabRole")
    ),
    (
        "ClientError",
        DENIED.replace("sqs:sendmessage", "kms:GenerateDataKey"),
        "lacks the permission kms:GenerateDataKey: give the function the role LabRole",
    ),
    (
        "ClientError",
        "An error occurred (AccessDenied) when calling the SendMessage operation: Access to the"
        " resource https://sqs.us-east-1.amazonaws.com/ is denied.",
        "If the function's role is LabRole already, the queue is not yours or its policy denies it:"
        " use the URL of output_queue.",
    ),
    (
        "ClientError",
        "An error occurred (AccessDenied) when calling the ListQueues operation: Access to the"
        " resource https://sqs.us-east-1.amazonaws.com/ is denied.",
        "may not call ListQueues: give the function the role LabRole",
    ),
    (
        "QueueDoesNotExist",
        "An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the SendMessage"
        " operation: The specified queue does not exist.",
        "of another account, of another region, or of a queue that is gone, or it is no URL but the"
        " queue's name or ARN (in a stack: url or id, not arn or name). Use the URL of output_queue",
    ),
    (
        "ClientError",
        "An error occurred (InvalidAddress) when calling the SendMessage operation: The address"
        " arn:aws:sqs:us-east-1:111111111111:output_queue is not valid for this endpoint.",
        "or it is no URL but the queue's name or ARN",
    ),
    (
        "ClientError",
        "An error occurred (InvalidAddress) when calling the SendMessage operation: The address"
        " https://sqs.us-east-2.amazonaws.com/ is not valid for this endpoint.",
        "The queue URL that your code uses leads to no queue",
    ),
    (
        "QueueDoesNotExist",
        "An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl"
        " operation: The specified queue does not exist.",
        "has the name that your code asks for",
    ),
    (
        "ClientError",
        "An error occurred (InvalidClientTokenId) when calling the SendMessage operation: The security"
        " token included in the request is invalid.",
        "Take the access keys out of your code",
    ),
    (
        "ClientError",
        "An error occurred (SignatureDoesNotMatch) when calling the SendMessage operation: Credential"
        " should be scoped to a valid region, not 'us-east-1'.",
        "The queue URL that your code uses leads to no queue",
    ),
    (
        "ClientError",
        "An error occurred (MissingParameter) when calling the SendMessage operation: The request must"
        " contain the parameter MessageGroupId.",
        "Your queue is a FIFO queue",
    ),
    (
        "ClientError",
        "An error occurred (MissingParameter) when calling the SendMessage operation: The request must"
        " contain the parameter MessageBody.",
        "SQS takes no empty message",
    ),
    (
        "ClientError",
        "An error occurred (RequestThrottled) when calling the SendMessage operation: Request is"
        " throttled.",
        "AWS refuses your function's call SendMessage: what it says tells why (RequestThrottled).",
    ),
    (
        "Runtime.ImportModuleError",
        "Unable to import module 'adder': /var/task/numpy/core/_multiarray_umath.so: invalid ELF header",
        "the files in the package and what they import",
    ),
    (
        "ConnectTimeoutError",
        'Connect timeout on endpoint URL: "https://sqs.eu-west-3.amazonaws.com/"',
        "Your code calls AWS in eu-west-3, and the lab is in us-east-1",
    ),
    (
        "Runtime.ImportModuleError",
        "Unable to import module 'adder': No module named 'adder'",
        "asks for the file adder.py at the top of the package",
    ),
    (
        "Runtime.ImportModuleError",
        "Unable to import module 'adder': No module named 'pandas'",
        "and no pandas: take the import out",
    ),
    (
        "Runtime.ImportModuleError",
        "Unable to import module 'adder': cannot import name 'load_s' from 'json'"
        " (/var/lang/lib/python3.13/json/__init__.py)",
        "The module json has no load_s",
    ),
    (
        "Runtime.ImportModuleError",
        "Unable to import module 'adder': cannot import name 'client' from partially initialized module"
        " 'boto3' (most likely due to a circular import) (/var/task/boto3.py)",
        "A file of yours has the name of the module boto3",
    ),
    (
        "AttributeError",
        "partially initialized module 'boto3' has no attribute 'client' (most likely due to a circular"
        " import)",
        "A file of yours has the name of the module boto3",
    ),
    (
        "Runtime.HandlerNotFound",
        "Handler 'main' missing on module 'adder'",
        "asks for main in adder.py, which has no function of that name",
    ),
    (
        "Runtime.MalformedHandlerName",
        "Bad handler 'adder': not enough values to unpack (expected 2, got 1)",
        "The function's handler setting is adder: it must name the file and the function",
    ),
    (
        "Runtime.BuiltInModuleConflict",
        "Cannot use built-in module time as a handler module",
        "time is a module of Python's own",
    ),
    (
        "Runtime.UserCodeSyntaxError",
        "Syntax error in module 'adder': '(' was never closed (adder.py, line 12)",
        "correct the syntax there, or on the line before",
    ),
    (
        "Runtime.ExitError",
        f"RequestId: {ID} Error: Runtime exited without providing a reason",
        "Your code ends its own process",
    ),
    (
        "Runtime.ExitError",
        f"RequestId: {ID} Error: Runtime exited with error: exit status 3",
        "Your code ends its own process",
    ),
    (
        "Runtime.ExitError",
        f"RequestId: {ID} Error: Runtime exited with error: signal: killed",
        "more memory than it has",
    ),
    (
        "Runtime.OutOfMemory",
        f"RequestId: {ID} Error: Runtime exited with error: signal: killed",
        "more memory than it has",
    ),
    (
        "Runtime.MarshalError",
        "Unable to marshal response: Object of type Decimal is not JSON serializable",
        "What your handler returns cannot be written as JSON",
    ),
    (
        "Function.ResponseSizeTooLarge",
        "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        "returns too much",
    ),
    ("Extension.Crash", f"RequestId: {ID} Error: exit code 1", "remove its layers"),
    ("RuntimeError", "Worker init failed: 'QUEUE'", "environment variable QUEUE,"),
    ("RuntimeError", "Worker init failed: No module named 'pandas'", "and no pandas: take"),
    (
        "RuntimeError",
        "Worker init failed: module 'adder' has no attribute 'main'",
        "The function's handler setting is adder.main, and adder.py has no function main",
    ),
    ("RuntimeError", "Worker init failed: expected ':' (adder.py, line 4)", "correct the syntax"),
    (
        "RuntimeError",
        "Worker init failed: name 'jsn' is not defined",
        "The name jsn is not defined",
    ),
    ("RuntimeError", "Worker init failed: not configured", "Look at the function's log"),
    ("Something", "that nobody knows", "Look at the function's log in CloudWatch"),
]
