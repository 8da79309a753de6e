namespace Stagedoor.Http;

/// <summary>Settings under <c>Errors</c>.</summary>
public sealed class ErrorOptions
{
    /// <summary>Adds <c>error_code</c> and <c>error_msg</c> to the objects of the registry, the dashboard and the trace service, which the official SDKs read.</summary>
    public bool SdkAliases { get; set; } = true;
}
