using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Traffic;

/// <summary>
/// The refusals of <see cref="TrafficGate"/>. Each has both shapes: the management API answers with the status of its code, the registry with that of the
/// distribution specification, which its clients act on.
/// </summary>
internal static class TrafficError
{
    private static readonly KeyValuePair<string, string> s_soon = new("Retry-After", "1");

    public static ApiException TooManyAtOnce(HttpContext context, int limit) => Make(
        context,
        ImagesCodes.TooManyConcurrentRequests,
        StatusCodes.Status429TooManyRequests,
        new("TOOMANYREQUESTS", $"the server works on {limit} requests at once and takes no more for now; the setting is Images:Traffic:MaxConcurrentRequests"),
        string.Create(CultureInfo.InvariantCulture, $"limit={limit} (Images:Traffic:MaxConcurrentRequests)"),
        s_soon);

    public static ApiException TooManyOfAccount(HttpContext context, int limit) => Make(
        context,
        ImagesCodes.TooManyRequests,
        StatusCodes.Status429TooManyRequests,
        new("TOOMANYREQUESTS", $"more than {limit} requests in a second of one account; the setting is Images:Traffic:RequestsPerSecondPerAccount"),
        string.Create(CultureInfo.InvariantCulture, $"limit={limit} in a second (Images:Traffic:RequestsPerSecondPerAccount)"),
        s_soon);

    public static ApiException Blocked(HttpContext context, DateTimeOffset until, DateTimeOffset now)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling((until - now).TotalSeconds));
        return Make(
            context,
            ImagesCodes.RequestUnavailable,
            StatusCodes.Status403Forbidden,
            new("DENIED", $"blocked until {until.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}: too many requests were refused for their rate"),
            $"blocked until {until.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}, too many requests were refused for their rate",
            new("Retry-After", seconds.ToString(CultureInfo.InvariantCulture)));
    }

    public static ApiException Maintenance(HttpContext context) => Make(
        context,
        ImagesCodes.RequestUnavailable,
        StatusCodes.Status405MethodNotAllowed,
        new("UNSUPPORTED", "the server is in maintenance and takes no changes for now; pulls go on"),
        "maintenance: nothing can be changed for now, reads go on (Images:Traffic:Maintenance)",
        new("Allow", "GET, HEAD"));

    private static ApiException Make(
        HttpContext context, ErrorDefinition code, int status, OciError oci, string detail, KeyValuePair<string, string> header) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EnvelopeMetadata>()?.Envelope is Envelope.Oci
            ? new(code) { Status = status, Oci = oci, Headers = [new("Docker-Distribution-Api-Version", "registry/2.0"), header] }
            : new(code, detail) { Headers = header.Key is "Allow" ? [] : [header] };
}
