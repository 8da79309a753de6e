using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Model;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Instances;

/// <summary>What an instance must look like to be registered, and what it gets when it leaves things out.</summary>
internal sealed class InstanceRules(IOptions<DiscoveryOptions> options)
{
    private const string Push = "push";
    private const string Pull = "pull";

    // What the platform's own checks are given time for.
    private const int PullInterval = 30;
    private const int PullTimes = 3;

    public static IReadOnlyList<string> Statuses { get; } = ["UP", "DOWN", "STARTING", "TESTING", "OUTOFSERVICE"];

    /// <summary>The instance with its defaults, without anything empty.</summary>
    /// <exception cref="ApiException">A member is not allowed; the detail names it.</exception>
    public Instance Complete(Instance sent, string serviceId, string version, string now)
    {
        Check(sent);
        return sent with
        {
            InstanceId = Texts.OrNull(sent.InstanceId),
            ServiceId = serviceId,
            Version = version,
            Endpoints = sent.Endpoints is { Count: > 0 } endpoints ? endpoints : null,
            Status = Texts.OrNull(sent.Status) ?? "UP",
            Properties = Texts.Clean(sent.Properties),
            HealthCheck = Complete(sent.HealthCheck),
            Timestamp = now,
            ModTimestamp = now,
        };
    }

    private static void Check(Instance instance)
    {
        Require(Names.IsInstanceId(instance.InstanceId), "instanceId", "at most 64 of letters, digits, '_', '-' and '.'");
        Require(
            !string.IsNullOrWhiteSpace(instance.HostName) && Names.Length(instance.HostName) <= 64, "hostName", "1 to 64 characters, not blank");
        Require(instance.Endpoints is null || instance.Endpoints.All(static e => !string.IsNullOrWhiteSpace(e)), "endpoints", "addresses, none of them blank");
        Require(string.IsNullOrEmpty(instance.Status) || Statuses.Contains(instance.Status, StringComparer.Ordinal), "status", string.Join(", ", Statuses));
        if (instance.DataCenterInfo is { } center)
        {
            Require(
                Names.IsPlain(center.Name, 128) && Names.IsPlain(center.Region, 128) && Names.IsPlain(center.AvailableZone, 128),
                "dataCenterInfo",
                "name, region and availableZone of 1 to 128 letters, digits, '_', '-' and '.'");
        }

        if (instance.HealthCheck is { } check)
        {
            Check(check);
        }
    }

    private static void Check(HealthCheck check)
    {
        Require(check.Mode is Push or Pull, "healthCheck.mode", "push or pull");
        Require(check.Port is null or (>= 0 and <= 65535), "healthCheck.port", "0 to 65535");
        Require(check.Interval is null or >= 1, "healthCheck.interval", "1 to 2147483647 seconds");
        Require(check.Times is null or >= 0, "healthCheck.times", "0 or more");
        Require(check.Url is null || (Names.Length(check.Url) <= 1024 && !check.Url.Any(char.IsWhiteSpace)), "healthCheck.url", "at most 1024 characters, no blanks");
        var lease = (check.Interval ?? PullInterval) * ((check.Times ?? PullTimes) + 1L);
        Require(lease is > 0 and < int.MaxValue, "healthCheck", "interval x (times + 1) of less than 2147483647 seconds");
    }

    private static void Require(bool condition, string field, string rule)
    {
        if (!condition)
        {
            throw DiscoveryError.Invalid(field, rule);
        }
    }

    private HealthCheck Complete(HealthCheck? check)
    {
        if (check is null)
        {
            return new() { Mode = Push, Interval = PullInterval, Times = PullTimes };
        }

        return check.Mode is Pull
            ? check with { Interval = PullInterval, Times = PullTimes, Url = Texts.OrNull(check.Url) }
            : check with
            {
                Interval = Math.Max(check.Interval ?? PullInterval, options.Value.MinHeartbeatInterval),
                Times = Math.Max(check.Times ?? PullTimes, options.Value.MinHeartbeatTimes),
                Url = Texts.OrNull(check.Url),
            };
    }
}
