using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Stagedoor.Identity;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>
/// Sends events to their receivers: signed, over connections of its own that know no proxy, follow no redirect, keep no cookie, and reach only what
/// <see cref="WebhookNetworks"/> admits. That is looked at for the address which is connected to, so a name that leads elsewhere the second time does not help.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    /// <summary>How much of an answer is kept.</summary>
    public const int MaxBody = 1024;

    private readonly HttpClient _client;
    private readonly WebhookNetworks _guard;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _patience;

    public WebhookSender(WebhookNetworks guard, TimeProvider clock, IOptions<TriggerOptions> options)
    {
        (_guard, _clock, _patience) = (guard, clock, TimeSpan.FromSeconds(options.Value.TimeoutSeconds));
#pragma warning disable CA2000 // The client disposes of its handler.
        _client = new OutgoingClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = _patience,
            ConnectCallback = ConnectAsync,
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
#pragma warning restore CA2000
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Sends it once.</summary>
    public async Task<DeliveryAnswer> SendAsync(Webhook webhook, Delivery delivery, string secret, CancellationToken cancellationToken)
    {
        var begun = _clock.GetTimestamp();
        using var late = new CancellationTokenSource(_patience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            using var request = Request(webhook, delivery, secret);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var status = (int)response.StatusCode;
            var body = await ReadAsync(response, either.Token);
            return status switch
            {
                >= 200 and < 300 => new(status, body, null, Elapsed(), IsFinal: true),
                >= 300 and < 400 => new(status, body, "The receiver redirects, which is not followed: give the webhook the URL that it leads to.", Elapsed(), IsFinal: true),
                410 => new(status, body, "The receiver says that it is gone for good.", Elapsed(), IsFinal: true),
                _ => new(status, body, $"The receiver answered {status}.", Elapsed(), IsFinal: false),
            };
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Failed($"The receiver had not answered within {_patience.TotalSeconds:0} s (Images:Triggers:TimeoutSeconds).", isFinal: false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return AddressRefusedException.In(e) is { } refused
                ? Failed(refused.Message, isFinal: true)
                : Failed((e.InnerException as SocketException)?.Message ?? e.Message, isFinal: false);
        }

        TimeSpan Elapsed() => _clock.GetElapsedTime(begun);
        DeliveryAnswer Failed(string error, bool isFinal) => new(null, null, error, Elapsed(), isFinal);
    }

    /// <summary>What the receiver compares: HMAC-SHA256, in hex, of the time, a dot and the body.</summary>
    internal static string Sign(string secret, string timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.ASCII.GetBytes(timestamp + "."));
        hmac.AppendData(body);
        return "sha256=" + Convert.ToHexStringLower(hmac.GetHashAndReset());
    }

    private HttpRequestMessage Request(Webhook webhook, Delivery delivery, string secret)
    {
        var body = Encoding.UTF8.GetBytes(delivery.Content);
        var timestamp = _clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/cloudevents+json; charset=utf-8");
        request.Headers.UserAgent.Add(new("stagedoor", null));
        request.Headers.Add("X-Stagedoor-Event", delivery.Event);
        request.Headers.Add("X-Stagedoor-Delivery", delivery.Id);
        request.Headers.Add("X-Stagedoor-Timestamp", timestamp);
        request.Headers.Add("X-Stagedoor-Signature", Sign(secret, timestamp, body));
        return request;
    }

    // The rest of a long answer is not read: the connection ends with it.
    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBody];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await stream.ReadAtLeastAsync(buffer, MaxBody, throwOnEndOfStream: false, cancellationToken);
        return Text.Repair(Encoding.UTF8.GetString(buffer, 0, length));
    }

    private ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken) => _guard.ConnectAsync(
        context.DnsEndPoint, $"{context.DnsEndPoint.Host} is at no address of the public internet; Images:Triggers:AllowedNetworks can permit it.", cancellationToken);
}
