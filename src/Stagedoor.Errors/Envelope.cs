namespace Stagedoor.Errors;

/// <summary>The JSON shape in which a service publishes its errors (<c>docs/errors/README.md</c> shows one of each).</summary>
public enum Envelope
{
    /// <summary><c>{error_code, error_msg, request_id}</c>: the gateway itself.</summary>
    Gateway,

    /// <summary>Keystone's <c>{error:{code,message,title}}</c> with <c>error_code</c> and <c>error_msg</c> beside it: IAM.</summary>
    Iam,

    /// <summary>A bare array of one <c>{errorCode, errorMessage, detail}</c>: the software repository.</summary>
    Images,

    /// <summary>The OCI distribution body <c>{errors:[{code,message,detail}]}</c>, with the service's own code in <c>detail</c>.</summary>
    Oci,

    /// <summary><c>{errCode, errMsg, detail, errorCode, errorMessage}</c>: the microservice registry.</summary>
    Registry,

    /// <summary><c>{error_code, error_message}</c>: dashboard and transactions of the microservice engine.</summary>
    Dashboard,

    /// <summary><c>{errorCode, errorMessage}</c>: the trace service.</summary>
    Tracing,

    /// <summary><c>{error_code, error_msg, message}</c>: the add-on manager.</summary>
    Addons,
}
