using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Gateway.Why;

/// <summary><c>GET /v1/why/{request_id}</c>: why a request of the caller's account was refused, and what to change.</summary>
internal static class ExplainRequest
{
    internal sealed record Response(string RequestId, IReadOnlyList<Refused> Refusals);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/why/{request_id}", HandleAsync)
        .WithName(nameof(ExplainRequest))
        .WithSummary("Explain why a request was refused, or a job that it asked for failed")
        .PathParameter("request_id", "The request's id, as X-Request-Id of its answer says it: 32 hexadecimal digits.")
        .SpeaksJson(WhyJson.Wire)
        .Answers<Response>(200, "The way of the request to its refusal, and what to change; the newest first where several had this id.")
        .OfService("gateway")
        .ForEveryCaller()
        .CanFail(GatewayCodes.BadRequest, WhyCodes.NotKnown);

    private static async Task<IResult> HandleAsync(HttpContext context, Caller caller, RefusalReader refusals, CancellationToken cancellationToken)
    {
        var text = context.Request.RouteValues["request_id"] as string ?? "";
        var id = text.ToLowerInvariant();
        if (!IdSource.IsId(id))
        {
            return new ApiException(GatewayCodes.BadRequest, "request_id is the X-Request-Id of an answer: 32 hexadecimal digits");
        }

        var found = await refusals.FindAsync(id, caller, cancellationToken);
        return found.Count == 0 ? new ApiException(WhyCodes.NotKnown, id) : TypedResults.Json(new Response(id, found), WhyJson.Wire.Explanation);
    }
}
