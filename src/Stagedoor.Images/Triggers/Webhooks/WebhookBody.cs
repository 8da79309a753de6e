using System.Globalization;
using System.Net;
using Stagedoor.Http;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>Reads what requests say of webhooks.</summary>
internal static class WebhookBody
{
    private const int MaxUrl = 2048;
    private const int MinSecret = 16;
    private const int MaxSecret = 128;

    private static readonly string[] s_events = [Webhook.Push, Webhook.Delete];

    /// <summary>A receiver's address as it is called.</summary>
    /// <exception cref="ApiException">It is none, holds credentials, or is an address that is not reached.</exception>
    public static string ReadUrl(string text, WebhookNetworks guard)
    {
        if (text.Length > MaxUrl || !Text.IsStorable(text) || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            throw ImagesError.InvalidParameter($"url is http://… or https://… of at most {MaxUrl} characters");
        }

        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            throw ImagesError.InvalidParameter("url has a user or a fragment: a receiver knows this server by the signature");
        }

        // Names are looked up when something is sent; they may lead elsewhere by then.
        if (IPAddress.TryParse(url.DnsSafeHost, out var address) && !guard.Admits(address))
        {
            throw ImagesError.InvalidParameter($"url leads to {address}, no address of the public internet; Images:Triggers:AllowedNetworks can permit it");
        }

        return url.AbsoluteUri.Length <= MaxUrl ? url.AbsoluteUri : throw ImagesError.InvalidParameter($"url has more than {MaxUrl} characters when it is escaped");
    }

    public static string ReadSecret(string text) => text.Length is >= MinSecret and <= MaxSecret && !text.AsSpan().ContainsAnyExceptInRange('!', '~')
        ? text
        : throw ImagesError.InvalidParameter($"secret is {MinSecret}-{MaxSecret} characters of ASCII without blanks");

    /// <summary>The events, joined by commas in one order.</summary>
    public static string ReadEvents(IReadOnlyList<string?> events) => events.Count > 0 && events.All(e => s_events.Contains(e, StringComparer.Ordinal))
        ? string.Join(',', s_events.Intersect(events, StringComparer.Ordinal))
        : throw ImagesError.InvalidParameter($"events is a list of {string.Join(", ", s_events)}");

    public static string ReadPattern(string text) => text.Length == 0 || TagCondition.IsExpression(text)
        ? text
        : throw ImagesError.InvalidParameter($"tag_pattern is a regular expression of at most {TagCondition.MaxLength} characters, without lookarounds and backreferences");

    /// <summary>The id in a path.</summary>
    public static long ReadId(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? id
        : throw ImagesError.InvalidParameter($"{Webhook.Parameter}={Text.Cut(Text.Repair(text ?? ""), 100)}; a whole number");

    public static void CheckDelivery(string? text)
    {
        if (text is null || !IdSource.IsId(text))
        {
            throw ImagesError.InvalidParameter($"{Webhook.DeliveryParameter}={Text.Cut(Text.Repair(text ?? ""), 100)}; 32 hex digits");
        }
    }
}
