using System.Globalization;
using System.Runtime.CompilerServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Model;

/// <summary>What is known of an HTTP request when its transaction is named; empty is unknown.</summary>
internal readonly record struct HttpTransaction
{
    /// <summary>The longest name of a transaction, in characters.</summary>
    public const int MaxLength = 200;

    private static readonly string[] s_verbs = ["GET", "PUT", "DELETE", "POST", "HEAD", "CONNECT", "OPTIONS", "PATCH", "TRACE"];

    private readonly string? _route;
    private readonly string? _template;
    private readonly string? _spanName;
    private readonly string? _path;

    /// <summary>The method as it was sent.</summary>
    public required string Method { get; init; }

    /// <summary><c>http.route</c></summary>
    public string Route { get => _route ?? ""; init => _route = value; }

    /// <summary><c>url.template</c></summary>
    public string Template { get => _template ?? ""; init => _template = value; }

    /// <summary>The name of the span, which may be <c>GET /path</c>.</summary>
    public string SpanName { get => _spanName ?? ""; init => _spanName = value; }

    /// <summary>The path as it was sent, with what may stand behind it.</summary>
    public string Path { get => _path ?? ""; init => _path = value; }

    /// <summary>The status of the response; 0 when unknown.</summary>
    public int Status { get; init; }

    /// <summary>The method as names begin with it: that of the nine verbs that HTTP and its tools know, else <c>OTHER</c>.</summary>
    public string Verb
    {
        get
        {
            var verb = Method.ToUpperInvariant();
            return Array.IndexOf(s_verbs, verb) >= 0 ? verb : "OTHER";
        }
    }

    /// <summary>The name, and whether it was made of the path: of such names there may be any number, so that somebody has to count them.</summary>
    public (string Name, bool IsDerived) Name()
    {
        if (IsUsable(Route))
        {
            return (Join(Verb, Route), false);
        }

        if (IsUsable(Template))
        {
            return (Join(Verb, Template), false);
        }

        var path = TargetOf(SpanName) is { Length: > 0 } target ? target : Path.AsSpan();
        return path.IsEmpty ? ($"{Verb}_/", false)
            // What nobody serves is no transaction: scanners would make thousands.
            : Status == 404 ? ($"{Verb}_/**", false)
            : (Cut($"{Verb}_{PathPattern.Of(path)}"), true);
    }

    /// <summary>The path of a name like <c>GET /path</c> or <c>HTTP GET /path</c>; empty when it is none.</summary>
    public static ReadOnlySpan<char> TargetOf(ReadOnlySpan<char> spanName)
    {
        if (spanName.StartsWith("HTTP ", StringComparison.Ordinal))
        {
            spanName = spanName["HTTP ".Length..];
        }

        var space = spanName.IndexOf(' ');
        return space > 0 && space + 1 < spanName.Length && spanName[space + 1] == '/' && IsVerb(spanName[..space])
            ? spanName[(space + 1)..]
            : default;
    }

    private static bool IsVerb(ReadOnlySpan<char> text)
    {
        foreach (var verb in s_verbs)
        {
            if (text.SequenceEqual(verb))
            {
                return true;
            }
        }

        return false;
    }

    private static string Join(string verb, string route)
    {
        var text = new DefaultInterpolatedStringHandler(1, 3, CultureInfo.InvariantCulture, stackalloc char[256]);
        text.AppendFormatted(verb);
        text.AppendLiteral(route.StartsWith('/') ? "_" : "_/");
        text.AppendFormatted(route);
        var shared = SharedTexts.Of(text.Text);
        text.Clear();
        return Cut(shared);
    }

    // An address instead of a route is what ServiceComb for Java writes; `{controller…` is one constant for all of an application's pages.
    private static bool IsUsable(string route) => route.Length is > 0 and <= MaxLength
        && !route.AsSpan().ContainsAny(" \t\r\n")
        && !route.Contains("://", StringComparison.Ordinal)
        && !route.StartsWith("{controller", StringComparison.Ordinal)
        && !StartsWithAddress(route);

    private static bool StartsWithAddress(string route)
    {
        var colon = route.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && colon + 1 < route.Length && char.IsAsciiDigit(route[colon + 1]) && !route.AsSpan(0, colon).ContainsAny('/', '{');
    }

    private static string Cut(string name) => name.Length <= MaxLength ? name : Text.Cut(name, MaxLength);
}
