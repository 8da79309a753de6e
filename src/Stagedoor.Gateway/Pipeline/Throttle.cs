using Microsoft.AspNetCore.Http;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Pipeline;

/// <summary>The request rates of one route, and the headers that tell them.</summary>
internal sealed class Throttle
{
    private static readonly string[] s_numbers = [.. Enumerable.Range(0, 1024).Select(static n => n.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    private readonly RateWindow? _api;
    private readonly RateWindows<ClientNetwork>? _addresses;
    private readonly RateWindows<string>? _accounts;

    private Throttle(int api, int perAddress, int perUser)
    {
        _api = api > 0 ? new(api) : null;
        _addresses = perAddress > 0 ? new(perAddress) : null;
        _accounts = perUser > 0 ? new(perUser) : null;
    }

    /// <summary>Rates in requests per second, 0 for none; null when there is no rate at all.</summary>
    public static Throttle? Of(int api, int perAddress, int perUser) =>
        api > 0 || perAddress > 0 || perUser > 0 ? new(api, perAddress, perUser) : null;

    /// <summary>Counts a request before its caller is known.</summary>
    public ApiException? Arrive(HttpContext context, long second)
    {
        if (_addresses is not null)
        {
            var left = _addresses.Take(ClientNetwork.Of(context.Connection.RemoteIpAddress), second);
            if (left < 0)
            {
                return Refuse(context, "ip", _addresses.Limit);
            }

            Tell(context, "ip", left, _addresses.Limit);
        }

        if (_api is not null)
        {
            var left = _api.Take(second);
            if (left < 0)
            {
                return Refuse(context, "api", _api.Limit);
            }

            Tell(context, "api", left, _api.Limit);
        }

        return null;
    }

    /// <summary>Counts a request against the account of its caller, whose users share one budget.</summary>
    public ApiException? Admit(HttpContext context, Caller caller, long second)
    {
        if (_accounts is null)
        {
            return null;
        }

        var left = _accounts.Take(caller.DomainId, second);
        if (left < 0)
        {
            return Refuse(context, "user", _accounts.Limit);
        }

        Tell(context, "user", left, _accounts.Limit);
        return null;
    }

    private static ApiException Refuse(HttpContext context, string policy, int limit)
    {
        Tell(context, policy, 0, limit);
        return GatewayError.Throttled(policy, limit);
    }

    private static void Tell(HttpContext context, string policy, int left, int limit)
    {
        var headers = context.Response.Headers;
        headers["X-RateLimit-Limit"] = Number(limit);
        headers["X-RateLimit-Remaining"] = Number(left);
        headers["X-RateLimit-Reset"] = "1";
        if (DebugHeaders.AreAsked(context))
        {
            DebugHeaders.Add(context, policy, left, limit);
        }
    }

    private static string Number(int number) =>
        (uint)number < (uint)s_numbers.Length ? s_numbers[number] : number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
