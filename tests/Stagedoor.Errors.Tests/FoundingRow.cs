namespace Stagedoor.Errors.Tests;

internal sealed record FoundingRow(string Service, string Status, string Code, string Message)
{
    /// <summary>The image repository's document describes its codes but gives no texts.</summary>
    public bool HasMessage => Message.Length > 0;
}
