using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Gateway.Signing;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Arrival;

/// <summary>What every request has to keep to before anything else looks at it.</summary>
/// <param name="encodedSlashPrefixes">Beginnings of paths, each ending with a slash, that may hold <c>%2F</c>.</param>
internal sealed class RequestLimits(IReadOnlyList<string> encodedSlashPrefixes)
{
    public const int MaxLine = 32 * 1024;

    public const int MaxHeader = 32 * 1024;

    public const int MaxHeaders = 128 * 1024;

    // "GET /path HTTP/1.1": what stands around method and target.
    private const int LineOverhead = 10;

    private static readonly string[] s_singleHeaders =
    [
        "Host", "Authorization", "X-Sdk-Date", "X-Auth-Token", "X-Project-Id", "X-Domain-Id", "X-Security-Token",
    ];

    // Nearly all requests of an installation name the same one.
    private string _usableHost = "";

    /// <summary>Checks the request and sets the one path that everything after it goes by; null when nothing is wrong.</summary>
    public ApiException? Check(HttpContext context) => CheckMethod(context) ?? CheckTarget(context) ?? CheckHost(context.Request) ?? CheckHeaders(context.Request);

    // Methods are what their letters are (RFC 9110, section 9.1). Routing would take `head` for HEAD, the server that writes the answer would not.
    private static ApiException? CheckMethod(HttpContext context) => context.Request.Method.AsSpan().ContainsAnyInRange('a', 'z')
        ? new((context.Features.Get<ModuleListener>() is { } port ? port.NotFound : context.RequestServices.GetRequiredService<UnmatchedRoutes>().Find(context.Request.Path))
            ?? GatewayCodes.MethodNotFound)
        : null;

    /// <summary>Refuses a host of which no address can be made: links lead to it. That there is none is for older clients and for probes.</summary>
    private ApiException? CheckHost(HttpRequest request)
    {
        var host = request.Headers.Host.ToString();
        if (host.Length == 0 || string.Equals(host, _usableHost, StringComparison.Ordinal))
        {
            return null;
        }

        if (!IsUsable(request, host))
        {
            return GatewayError.Malformed("there is not exactly one usable Host");
        }

        _usableHost = host;
        return null;
    }

    private static bool IsUsable(HttpRequest request, string host)
    {
        try
        {
            // The framework throws of a name that is no Punycode.
            return request.Host.HasValue && Uri.TryCreate("http://" + host, UriKind.Absolute, out var url) && url is { UserInfo: "", PathAndQuery: "/", Fragment: "" };
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static ApiException? CheckHeaders(HttpRequest request)
    {
        var headers = request.Headers;
        var all = 0;
        foreach (var (name, values) in headers)
        {
            if (values.Count > 1 && s_singleHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                return GatewayError.Malformed($"{name} stands more than once");
            }

            foreach (var value in values)
            {
                var length = name.Length + ": ".Length + Encoding.UTF8.GetByteCount(value ?? "");
                if (length > MaxHeader)
                {
                    return new(GatewayCodes.HeadersTooLarge);
                }

                all += length + "\r\n".Length;
            }
        }

        if (all > MaxHeaders)
        {
            return new(GatewayCodes.HeadersTooLarge);
        }

        return CheckFraming(request.Protocol, headers);
    }

    /// <summary>Two parsers in a row may disagree about where such a request ends.</summary>
    private static ApiException? CheckFraming(string protocol, IHeaderDictionary headers)
    {
        var coding = headers.TransferEncoding;
        if (coding.Count == 0)
        {
            return null;
        }

        // Before it there was none, and after it there is none (RFC 9112, section 6.1; RFC 9113, section 8.2.2): whoever stands in front sees another end.
        if (!HttpProtocol.IsHttp11(protocol))
        {
            return GatewayError.Malformed($"Transfer-Encoding is not for {protocol}");
        }

        // The server itself looks at the last coding only, and leaves the others to whoever reads the body: nobody does.
        if (coding.Count > 1 || !coding[0].AsSpan().Trim(" \t").Equals("chunked", StringComparison.OrdinalIgnoreCase))
        {
            return GatewayError.Malformed("Transfer-Encoding is not chunked alone");
        }

        // The server sets the length aside under another name.
        return headers.ContentLength is not null || headers.ContainsKey("X-Content-Length")
            ? GatewayError.Malformed("Content-Length and Transfer-Encoding stand together")
            : null;
    }

    private ApiException? CheckTarget(HttpContext context)
    {
        var target = RawTargetOf(context);
        if (context.Request.Method.Length + target.Length + LineOverhead > MaxLine)
        {
            return new(GatewayCodes.UriTooLarge);
        }

        var normalized = RawTarget.Check(target, MayHoldEncodedSlash(RawTarget.Split(target).Path));
        if (!normalized.IsValid)
        {
            // A service may have a code of its own for what cannot be decoded.
            var routes = context.RequestServices.GetRequiredService<UnmatchedRoutes>();
            var path = RawTarget.Split(target).Path.ToString();
            var theirs = (normalized.IsTextProblem ? routes.FindBadText(path) : null) ?? (normalized.IsQueryProblem ? routes.FindBadQuery(path) : null);
            return theirs is null ? GatewayError.BadTarget(normalized.Problem) : new(theirs, normalized.Problem);
        }

        // The server's own decoding collapses dot segments; what is routed has to be what was checked and will be verified.
        if (!string.Equals(normalized.Path, context.Request.Path.Value, StringComparison.Ordinal) && normalized.Path.StartsWith('/'))
        {
            context.Request.Path = new(normalized.Path);
        }

        return null;
    }

    /// <summary>The target as it stands on the wire.</summary>
    public static string RawTargetOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return target.Length > 0 ? target : $"{context.Request.Path.ToUriComponent()}{context.Request.QueryString.Value}";
    }

    private bool MayHoldEncodedSlash(ReadOnlySpan<char> path)
    {
        foreach (var prefix in encodedSlashPrefixes)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
