namespace Stagedoor.Serve;

/// <summary>The addresses that a host is told to listen on.</summary>
internal static class Listeners
{
    /// <summary>The addresses of the setting <c>Urls</c>, as they are written.</summary>
    internal static IReadOnlyList<string> Of(IConfiguration configuration) =>
        configuration["Urls"]!.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Whether this is <c>http</c> or <c>https</c>, a host or <c>*</c>, a port, and nothing else.</summary>
    internal static bool IsValid(string url) =>
        Uri.TryCreate(
            url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal),
            UriKind.Absolute,
            out var parsed)
        && parsed is { Scheme: "http" or "https", PathAndQuery: "/" };
}
