using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Reports;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary><c>POST /v2/{project}/csemonitor/metric</c>, and <c>POST /csemonitor/v1/metric</c> as the first clients say.</summary>
internal static class UploadMetric
{
    /// <summary>The longest body.</summary>
    public const int MaxBody = 2 * 1024 * 1024;

    /// <summary>An object without members.</summary>
    internal sealed record Taken;

    private static readonly ContentHttpResult s_accepted = TypedResults.Text("{}", "application/json");

    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapPost("/v2/{project}/csemonitor/metric", HandleAsync)).WithName(nameof(UploadMetric))
            .NotAudited("measures are no change of the registry");
        Describe(routes.MapPost("/csemonitor/v1/metric", HandleAsync)).WithName($"{nameof(UploadMetric)}V1")
            .NotAudited("measures are no change of the registry");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .Action("cse:metric:upload")
        .WithSummary("Report the measures of an instance")
        .QueryParameter("service", "The name of the service.")
        .Answers<Taken>(200, "They are taken.")
        .ReadsContent("application/json")
        // The server counts what chunks are wrapped in too; the reader counts the body alone.
        .LimitBody(MaxBody * 2)
        .BadRequestAs(DiscoveryCodes.InvalidMetric, tooLarge: DiscoveryCodes.InvalidMetric)
        .CanFail(DiscoveryCodes.InvalidMetric, DiscoveryCodes.DecodeFailed);

    private static async Task<IResult> HandleAsync(
        HttpContext context, Tenant tenant, string? service, MetricStore metrics, TenantAdmission admission, CancellationToken cancellationToken)
    {
        MetricReport report;
        try
        {
            using var body = await PooledBody.ReadAsync(context.Request.BodyReader, context.Request.ContentLength, MaxBody, cancellationToken);
            if (body is null)
            {
                return TooLong();
            }

            await admission.LookAgainAsync(context);
            report = ReportReader.Read(body.Span);
        }
        catch (UndecodableException e) when (e.IsText)
        {
            return MonitoringError.InvalidMetric("body", $"{e.Problem.Reason}, line {e.Problem.Line}, column {e.Problem.Column}");
        }
        catch (UndecodableException e)
        {
            // Returned, not thrown: the status is the published one, but the fault is the sender's, every few seconds, and the log is ours.
            return MonitoringError.DecodeFailed(e.Problem);
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? TooLong()
                : MonitoringError.DecodeFailed(Undecodable.At([], 0, "The body ends before its end"));
        }

        if (ReportRules.Check(report, service) is { } problem)
        {
            return problem;
        }

        metrics.Record(tenant, report);
        return s_accepted;
    }

    private static ApiException TooLong() => MonitoringError.InvalidMetric("body", "at most 2097152 bytes");
}
