using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Stagedoor;

/// <summary>
/// Asks other servers. Every connection that is refused, reset or cut comes out of it as <see cref="HttpRequestException"/>, as <see cref="HttpClient"/> promises:
/// the framework's reads the address of a new connection outside of what it wraps, and throws a bare <see cref="SocketException"/> when the server has closed it by then.
/// </summary>
#pragma warning disable CA2000, RS0030 // The client disposes of its handler; this is what stands in place of the other.
public sealed class OutgoingClient(HttpMessageHandler handler) : HttpClient(new Wrapping(handler))
{
    /// <summary>One with the framework's handler as it is.</summary>
    public OutgoingClient()
        : this(new SocketsHttpHandler())
    {
    }
#pragma warning restore CA2000, RS0030

    private sealed class Wrapping(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Recording.Current is { } recording ? RecordedAsync(recording, request, cancellationToken) : WrappedAsync(request, cancellationToken);

        private async Task<HttpResponseMessage> WrappedAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (SocketException e)
            {
                throw new HttpRequestException(HttpRequestError.ConnectionError, e.Message, e);
            }
        }

        /// <summary>A step of the work at hand, whose trace the other server may continue. Of the address only host and port are noted: paths and queries may be secret.</summary>
        private async Task<HttpResponseMessage> RecordedAsync(Recording recording, HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var span = ActivitySpanId.CreateRandom();
            request.Headers.Remove("traceparent");
            request.Headers.TryAddWithoutValidation("traceparent", recording.ParentOf(span));
            var started = recording.Now();
            string? fault = "cancelled";
            var status = 0;
            try
            {
                var response = await WrappedAsync(request, cancellationToken);
                status = (int)response.StatusCode;
                fault = status >= 400 ? status.ToString(CultureInfo.InvariantCulture) : null;
                return response;
            }
            catch (HttpRequestException e)
            {
                fault = FaultOf(e.HttpRequestError);
                throw;
            }
            finally
            {
                recording.Add(new()
                {
                    Kind = StepKind.Call,
                    Name = request.Method.Method,
                    Where = request.RequestUri?.Host,
                    Port = request.RequestUri?.Port ?? 0,
                    SpanId = span,
                    Started = started,
                    Ended = recording.Now(),
                    Amount = -1,
                    Status = status,
                    Fault = fault,
                });
            }
        }

        private static string FaultOf(HttpRequestError error) => error switch
        {
            HttpRequestError.NameResolutionError => "name_not_found",
            HttpRequestError.ConnectionError => "not_connected",
            HttpRequestError.SecureConnectionError => "no_secure_connection",
            _ => "broken_off",
        };
    }
}
