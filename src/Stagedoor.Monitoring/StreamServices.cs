using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary><c>GET /v2/{project}/csemonitor/stream</c>: the list of services as server-sent events, now and every five seconds.</summary>
internal static class StreamServices
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v2/{project}/csemonitor/stream", HandleAsync)
        .WithName("StreamMonitoredServices")
        .WithSummary("Stream the services that report, every five seconds")
        .AnswersContent(200, "text/event-stream", "Server-sent events; the data of each is what the list of services answers.")
        .Action("cse:metric:listServices");

    private static async Task HandleAsync(
        HttpContext context, Tenant tenant, MetricStore metrics, TenantAdmission admission, IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        // A proxy that collects answers would collect this one for ever.
        response.Headers["X-Accel-Buffering"] = "no";

        if (HttpMethods.IsHead(context.Request.Method))
        {
            // Nobody reads what follows, and the connection is wanted for the next request.
            return;
        }

        // A process that stops does not wait for a browser.
        await using var admitted = admission.Keep(context);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping, admitted.Ended);
        using var timer = new PeriodicTimer(s_interval, clock);
        try
        {
            do
            {
                await response.BodyWriter.WriteAsync(Frame(ServiceList.Of(metrics, tenant)), ended.Token);
                await response.BodyWriter.FlushAsync(ended.Token);
            }
            while (await timer.WaitForNextTickAsync(ended.Token));
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return;
        }
    }

    private static byte[] Frame(ServiceList list)
    {
        var data = JsonSerializer.Serialize(list, MonitoringJson.Wire.ServiceList);
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"event: services\nid: {list.Time}\ndata: {data}\n\n"));
    }
}
