namespace Stagedoor.Tracing.Reading;

/// <summary>Names of services are kept in lower case, and those of Zipkin's API are told so.</summary>
internal static class Lower
{
#pragma warning disable CA1308 // The names are in lower case.
    public static string Of(string name) => name.ToLowerInvariant();
#pragma warning restore CA1308
}
