using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Tracing.Reading;

namespace Stagedoor.Tracing.Queries;

/// <summary>
/// The parameters of a query. They are read in the order of the API's checks, of which the first that fails is answered: whether they can be read at all, then the
/// project, then each of the others.
/// </summary>
internal sealed class ApmQuery
{
    /// <summary>The header with a cluster that everything found must be of.</summary>
    public const string ClusterHeader = "clusterId";

    /// <summary>The header with a namespace that everything found must be of.</summary>
    public const string NamespaceHeader = "namespace";

    private const int MaxFilter = 128;
    private const int MaxName = 512;

    private readonly Dictionary<string, string> _parameters;
    private readonly string[] _segments;

    private ApmQuery(QueryFamily family, string project, Dictionary<string, string> parameters, string[] segments)
    {
        Family = family;
        Project = project;
        _parameters = parameters;
        _segments = segments;
    }

    /// <summary>Which service was asked.</summary>
    public QueryFamily Family { get; }

    /// <summary>Whose spans are asked for.</summary>
    public string Project { get; }

    /// <summary>The cluster that is asked for; null for all.</summary>
    public string? Cluster { get; private init; }

    /// <summary>The namespace that is asked for; null for all.</summary>
    public string? Namespace { get; private init; }

    /// <summary>Reads what every query has.</summary>
    /// <param name="context">The request.</param>
    /// <param name="family">Which service is asked.</param>
    /// <param name="documented">The parameters of the operation, each of which may stand once; others do not count.</param>
    /// <exception cref="ApiException">It cannot be read, or the project is not the caller's.</exception>
    public static ApmQuery Read(HttpContext context, QueryFamily family, params ReadOnlySpan<string> documented)
    {
        var segments = Segments(context);
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in RawTarget.ParametersOf(context))
        {
            if (documented.Contains(name) && !parameters.TryAdd(name, value))
            {
                throw TracingError.InvalidRequest(name, "it stands more than once");
            }
        }

        var (cluster, space) = (Filter(context, ClusterHeader), Filter(context, NamespaceHeader));
        return new(family, ProjectOf(context, segments), parameters, segments) { Cluster = cluster, Namespace = space };
    }

    /// <summary>The name in a segment of the path, decoded once.</summary>
    /// <param name="name">What it is called in a refusal.</param>
    /// <param name="at">Which segment it is, counted from 0.</param>
    public string PathName(string name, int at) => CheckName(name, _segments[at]);

    /// <summary>A parameter's text; null when it is absent or empty.</summary>
    public string? Text(string name) => _parameters.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>A parameter that is a name; null when it is absent or empty.</summary>
    public string? Name(string name) => Text(name) is { } value ? CheckName(name, value) : null;

    /// <summary>A parameter that is a whole number; null when it is absent or empty.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="min">The least that it may be.</param>
    /// <param name="max">The most that it may be.</param>
    public long? Number(string name, long min = 0, long max = long.MaxValue)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw Family.Invalid(name, max == long.MaxValue ? "a whole number" : string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
    }

    /// <summary>The time that is asked for, in milliseconds since the Unix epoch; its beginning is in it, its end is not.</summary>
    public (long Start, long End) Window()
    {
        var start = Number("startTime") ?? throw Family.Invalid("startTime", "milliseconds since the Unix epoch");
        var end = Number("endTime") ?? throw Family.Invalid("endTime", "milliseconds since the Unix epoch");
        return start < end ? (start, end) : throw Family.Invalid("startTime", "before endTime");
    }

    private static string? Filter(HttpContext context, string name)
    {
        var values = context.Request.Headers[name];
        var value = values.ToString();
        return values.Count > 1 || value.Length > MaxFilter || value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? throw TracingError.InvalidRequest(name, "at most 128 printable ASCII characters, once")
            : value.Length == 0 ? null : value;
    }

    private static string ProjectOf(HttpContext context, string[] segments)
    {
        var own = context.RequestServices.GetRequiredService<CallerSlot>().Require().ProjectId;
        var project = segments[1];
        return own is null ? throw TracingError.InvalidInUrl("projectId", "the token is for an account; get one for a project")
            : project is ProjectId.Zero && context.RequestServices.GetRequiredService<IOptions<TracingOptions>>().Value.AllowZeroProject ? own
            : string.Equals(project, own, StringComparison.Ordinal) && ProjectId.IsWellFormed(project) ? own
            : throw TracingError.InvalidInUrl("projectId", "the id of the project that the credential is for");
    }

    private string CheckName(string name, string value) => value.Length is > 0 and <= MaxName && !value.Any(char.IsControl)
        ? value
        : throw Family.Invalid(name, "1 to 512 characters, none of them a control character");

    // Routing takes a slash at the end; as the API is published that is another path.
    private static string[] Segments(HttpContext context) => RawTarget.PathOf(context) is not [.., '/'] and var path
        ? Array.ConvertAll(path[1..].Split('/'), Uri.UnescapeDataString)
        : throw new ApiException(GatewayCodes.ApiNotFound);
}
