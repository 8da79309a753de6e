using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Gateway.Audit;

/// <summary><c>GET /v3/audit/records</c>: the audit log of the caller's own account, the newest record first.</summary>
internal static class ListAuditRecords
{
    public const int DefaultLimit = 10;

    public const int MaxLimit = 200;

    internal sealed record Domain(string? Id, string? Name);

    internal sealed record User(string? Id, string? Name, Domain Domain);

    internal sealed record Trace(
        string TraceId,
        long Time,
        long RecordTime,
        string TraceName,
        string TraceType,
        string TraceRating,
        string ServiceType,
        string ResourceType,
        string? ResourceName,
        string? ResourceId,
        User User,
        string? SourceIp,
        string? UserAgent,
        string? ProjectId,
        string? DomainId,
        string? Request,
        string? Response,
        string Code,
        string? RequestId,
        string Chain,
        long Sequence,
        string PreviousHash,
        string Hash);

    internal sealed record Page(int Count, string? Marker);

    internal sealed record Response(IReadOnlyList<Trace> Traces, [property: JsonPropertyName("meta_data")] Page Page);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/audit/records", HandleAsync)
        .WithName(nameof(ListAuditRecords))
        .WithSummary("List the audit records of the account, the newest first")
        .QueryParameter("from", "Only records from this time on, in Unix milliseconds.", ParameterType.Number)
        .QueryParameter("to", "Only records until this time, in Unix milliseconds.", ParameterType.Number)
        .QueryParameter("user", "Only records of the user of this name.")
        .QueryParameter("trace_name", "Only records of this operation.")
        .QueryParameter("resource_type", "Only records of this kind of resource.")
        .QueryParameter("code", "Only records of answers with this HTTP status.", ParameterType.Number)
        .QueryParameter("limit", "How many records, 1 to 200; 10 without it.", ParameterType.Number)
        .QueryParameter("marker", "The marker of the page before.")
        .SpeaksJson(AuditJson.Wire)
        .Answers<Response>(200, "A page of records, with the marker of the next one.")
        .OfService("iam")
        .Action("iam:auditRecords:list")
        .CanFail(GatewayCodes.BadRequest);

    private static async Task<IResult> HandleAsync(HttpRequest request, Caller caller, AuditStore records, CancellationToken cancellationToken)
    {
        var values = request.Query;
        if (!TryReadNumber(values["from"], 0, out var from) || !TryReadNumber(values["to"], long.MaxValue, out var to))
        {
            return Invalid("from and to are times in Unix milliseconds");
        }

        if (!TryReadNumber(values["code"], -1, out var code) || code > 999)
        {
            return Invalid("code is an HTTP status");
        }

        if (!TryReadNumber(values["limit"], DefaultLimit, out var limit) || limit is < 1 or > MaxLimit)
        {
            return Invalid($"limit is 1 to {MaxLimit}");
        }

        if (!TryReadMarker(values["marker"].ToString(), out var markerTime, out var markerId))
        {
            return Invalid("marker is the one of the page before");
        }

        var rows = await records.ListAsync(
            new(
                caller.DomainId,
                from,
                to,
                values["user"].ToString(),
                values["trace_name"].ToString(),
                values["resource_type"].ToString(),
                (int)code,
                (int)limit,
                markerTime,
                markerId),
            cancellationToken);
        var marker = rows.Count == limit ? string.Create(CultureInfo.InvariantCulture, $"{rows[^1].OccurredAt}.{rows[^1].Id}") : null;
        return TypedResults.Json(new Response([.. rows.Select(Of)], new(rows.Count, marker)), AuditJson.Wire.Response);
    }

    private static ApiException Invalid(string problem) => new(GatewayCodes.BadRequest, problem);

    private static bool TryReadNumber(string? text, long absent, out long number)
    {
        number = absent;
        return string.IsNullOrEmpty(text) || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryReadMarker(string text, out long time, out string id)
    {
        (time, id) = (long.MaxValue, "");
        if (text.Length == 0)
        {
            return true;
        }

        var dot = text.IndexOf('.', StringComparison.Ordinal);
        id = text[(dot + 1)..];
        return dot > 0 && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out time);
    }

    private static Trace Of(AuditRow row) => new(
        row.Id,
        row.OccurredAt,
        row.RecordedAt,
        row.TraceName,
        row.TraceType,
        row.TraceRating,
        row.ServiceType,
        row.ResourceType,
        row.ResourceName,
        row.ResourceId,
        new(row.UserId, row.UserName, new(row.DomainId, row.DomainName)),
        row.SourceIp,
        row.UserAgent,
        row.ProjectId,
        row.DomainId,
        row.Request,
        row.Response,
        row.Code.ToString(CultureInfo.InvariantCulture),
        row.RequestId,
        row.Chain,
        row.Sequence,
        row.PreviousHash,
        row.Hash);
}
