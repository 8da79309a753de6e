using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using Stagedoor.Http;
using Stagedoor.Identity;

namespace Stagedoor.Gateway.Throttling;

/// <summary>The request rates of one route, and the headers that tell them.</summary>
internal sealed class Throttle
{
    private static readonly string[] s_numbers = [.. Enumerable.Range(0, 1024).Select(static n => n.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    // What an account has of an API's rate whatever the others do.
    private const int ShareOfOneAccount = 4;

    private readonly RateWindow? _api;
    private readonly RateWindows<string>? _shares;
    private readonly RateWindows<ClientNetwork>? _addresses;
    private readonly RateWindows<ClientNetwork>? _refusals;
    private readonly RateWindows<string>? _accounts;

    private Throttle(Rates rates)
    {
        _api = rates.Api > 0 ? new(rates.Api) : null;
        _shares = rates.Api > 0 ? new(Math.Max(1, rates.Api / ShareOfOneAccount)) : null;
        _addresses = rates.PerAddress > 0 ? new(rates.PerAddress) : null;
        _refusals = rates.RefusedPerAddress > 0 ? new(rates.RefusedPerAddress) : null;
        _accounts = rates.PerUser > 0 ? new(rates.PerUser) : null;
    }

    /// <summary>Rates in requests per second, 0 for none.</summary>
    /// <param name="Api">Of everybody together.</param>
    /// <param name="PerAddress">Of one client network.</param>
    /// <param name="PerUser">Of one account, whose users share it.</param>
    /// <param name="RefusedPerAddress">Requests of one client network whose caller is not known.</param>
    [StructLayout(LayoutKind.Auto)]
    public readonly record struct Rates(int Api, int PerAddress, int PerUser, int RefusedPerAddress);

    /// <summary>Null when there is no rate at all.</summary>
    public static Throttle? Of(Rates rates) => rates == default ? null : new(rates);

    /// <summary>Counts a request before its caller is known.</summary>
    /// <param name="context">The request.</param>
    /// <param name="second">Now.</param>
    /// <param name="isOver">Whether the API's rate is used up: who is not known goes no further, and an account only within its own share.</param>
    public ApiException? Arrive(HttpContext context, long second, out bool isOver)
    {
        isOver = false;
        if (_addresses is not null)
        {
            var left = _addresses.Take(ClientNetwork.Of(context.Connection.RemoteIpAddress), second);
            if (left < 0)
            {
                return Refuse(context, "ip", _addresses.Limit, "Gateway:RequestsPerSecondPerAddress");
            }

            Tell(context, "ip", left, _addresses.Limit);
        }

        if (_api is not null)
        {
            var left = _api.Take(second);
            isOver = left < 0;
            Tell(context, "api", Math.Max(0, left), _api.Limit);
        }

        return null;
    }

    /// <summary>
    /// Takes a request out of the API's rate whose caller is not known, and counts it against its network: strangers use up nothing that
    /// belongs to callers.
    /// </summary>
    /// <returns>What to answer instead of the refusal at hand; null for nothing.</returns>
    public ApiException? Disown(HttpContext context, long second, bool isOver)
    {
        if (isOver)
        {
            return Refuse(context, "api", _api!.Limit, "Gateway:RequestsPerSecond");
        }

        _api?.GiveBack(second);
        return _refusals is not null && _refusals.Take(ClientNetwork.Of(context.Connection.RemoteIpAddress), second) < 0
            ? Refuse(context, "ip", _refusals.Limit, "Gateway:RefusalsPerSecondPerAddress")
            : null;
    }

    /// <summary>Counts a request against the account of its caller, whose users share one budget.</summary>
    public ApiException? Admit(HttpContext context, Caller caller, long second, bool isOver)
    {
        // One account may use what nobody else wants, but never what another has not had yet.
        var isWithinShare = _shares is null || _shares.Take(caller.DomainId, second) >= 0;
        if (isOver && !isWithinShare)
        {
            return Refuse(context, "api", _api!.Limit, "Gateway:RequestsPerSecond");
        }

        if (_accounts is null)
        {
            return null;
        }

        var left = _accounts.Take(caller.DomainId, second);
        if (left < 0)
        {
            return Refuse(context, "user", _accounts.Limit, "Gateway:RequestsPerSecondPerUser");
        }

        Tell(context, "user", left, _accounts.Limit);
        return null;
    }

    internal static ApiException Refuse(HttpContext context, string policy, int limit, string setting)
    {
        Tell(context, policy, 0, limit);
        return GatewayError.Throttled(policy, limit, setting);
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
