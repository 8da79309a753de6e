namespace Stagedoor.Tracing;

/// <summary>Settings of what is taken out of spans before they are kept.</summary>
public sealed class MaskingOptions
{
    /// <summary>Parameters of URLs whose values are not kept, separated by commas, whatever the case of their letters; empty for none.</summary>
    public string UrlQuery { get; set; } = "token,password,sig,key,X-Amz-Signature";

    /// <summary>Whether the literals of SQL statements are replaced by <c>?</c>, and the values of their parameters.</summary>
    public bool SqlLiterals { get; set; }
}
