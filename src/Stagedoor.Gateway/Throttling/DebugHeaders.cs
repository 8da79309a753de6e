using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Gateway.Throttling;

/// <summary>The headers that a request with <c>X-Apig-Mode: debug</c> gets once its caller is known: limits, and how long the answer took.</summary>
internal static class DebugHeaders
{
    private const string LatencyHeader = "X-Apig-Latency";

    private static readonly object s_key = new();

    public static bool AreAsked(HttpContext context) =>
        string.Equals(context.Request.Headers["X-Apig-Mode"], "debug", StringComparison.OrdinalIgnoreCase);

    /// <summary>Keeps a limit until the caller is known.</summary>
    public static void Add(HttpContext context, string policy, int left, int limit)
    {
        var name = $"X-Apig-RateLimit-{policy}";
        var value = string.Create(CultureInfo.InvariantCulture, $"remain:{left},limit:{limit},time:1 second");
        if (!context.Items.TryGetValue(s_key, out var limits))
        {
            context.Items[s_key] = limits = new List<KeyValuePair<string, string>>();
        }

        ((List<KeyValuePair<string, string>>)limits!).Add(new(name, value));
    }

    /// <summary>Sends them: the caller is known.</summary>
    public static void Send(HttpContext context, TimeProvider clock)
    {
        if (context.Items.TryGetValue(s_key, out var limits))
        {
            foreach (var (name, value) in (List<KeyValuePair<string, string>>)limits!)
            {
                context.Response.Headers[name] = value;
            }
        }

        context.Response.OnStarting(
            static state =>
            {
                var (response, clock, arrived) = ((HttpResponse, TimeProvider, long))state;
                response.Headers[LatencyHeader] =
                    ((long)clock.GetElapsedTime(arrived).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
                return Task.CompletedTask;
            },
            (context.Response, clock, clock.GetTimestamp()));
    }
}
