using Microsoft.AspNetCore.Server.Kestrel.Core;
using Stagedoor.Errors;

namespace Stagedoor.Http;

/// <summary>A port of a module beside those of the setting <c>Urls</c>. It serves the routes that name it, and nothing else.</summary>
/// <remarks>A connection that came in by one has it among its features; one to the main ports has none.</remarks>
/// <param name="Title">What it is called before people, for example <c>Service Center</c>.</param>
/// <param name="Setting">The setting that moves it or switches it off.</param>
/// <param name="Default">What that setting is when nobody sets it: a port, addresses, or <c>off</c>.</param>
public sealed record ModuleListener(string Title, string Setting, string Default)
{
    /// <summary>What is spoken there; HTTP/2 alone is without encryption where the main port is.</summary>
    public HttpProtocols Protocols { get; init; } = HttpProtocols.Http1AndHttp2;

    /// <summary>What a request for something else is called; null for the gateway's own code.</summary>
    public ErrorDefinition? NotFound { get; init; }
}
