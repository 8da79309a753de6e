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
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
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
    }
}
