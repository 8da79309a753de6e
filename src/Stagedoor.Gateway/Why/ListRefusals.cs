using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Gateway.Why;

/// <summary><c>GET /v1/why</c>: the last refusals of the caller itself.</summary>
internal static class ListRefusals
{
    public const int DefaultLimit = 10;

    public const int MaxLimit = 100;

    private const int MaxCode = 128;

    internal sealed record Item(
        string RequestId,
        string Time,
        string Kind,
        string RefusedBy,
        string Code,
        string Change,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Status,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Method,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Path);

    internal sealed record Response(IReadOnlyList<Item> Refusals);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/why", HandleAsync)
        .WithName(nameof(ListRefusals))
        .WithSummary("List the caller's last refused requests, the newest first")
        .QueryParameter("code", "Only those with this error code.")
        .QueryParameter("limit", "How many, 1 to 100; 10 without it.", ParameterType.Number)
        .SpeaksJson(WhyJson.Wire)
        .Answers<Response>(200, "The refusals; GET /v1/why/{request_id} explains one.")
        .OfService("gateway")
        .ForEveryCaller()
        .CanFail(GatewayCodes.BadRequest);

    private static async Task<IResult> HandleAsync(HttpRequest request, Caller caller, RefusalReader refusals, CancellationToken cancellationToken)
    {
        var (code, limit) = (request.Query["code"].ToString(), request.Query["limit"].ToString());
        var most = DefaultLimit;
        if (limit.Length > 0 && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most) && most is >= 1 and <= MaxLimit))
        {
            return new ApiException(GatewayCodes.BadRequest, $"limit is 1 to {MaxLimit}");
        }

        if (code.Length > MaxCode || !Text.IsStorable(code))
        {
            return new ApiException(GatewayCodes.BadRequest, "code is an error code, for example APIGW.0301");
        }

        var found = await refusals.ListAsync(caller, code, most, cancellationToken);
        return TypedResults.Json(
            new Response([.. found.Select(static r => new Item(r.RequestId, r.Time, r.Kind, r.RefusedBy, r.Code, r.Change, r.Status, r.Method, r.Path))]), WhyJson.Wire.LastRefusals);
    }
}
