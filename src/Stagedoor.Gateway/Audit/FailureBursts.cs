using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Audit;

/// <summary>
/// Records failed authentications: of each access key and network the first in a minute, and with the next record how many there were in
/// between. Names that nobody has count as one for each network, so that inventing them neither fills the log nor hides what happens to a key.
/// </summary>
internal sealed class FailureBursts(AuditLog log, IIdentities identities)
{
    /// <summary>
    /// Bursts of keys, and again of strangers, that are told apart at one time. What comes from elsewhere meanwhile counts as one for each key,
    /// and as one for all strangers.
    /// </summary>
    public const int MaxBursts = 4096;

    private const int MaxName = 128;

    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string AccessKey, ClientNetwork Network), Burst> _ofKeys = [];
    private readonly Dictionary<(string AccessKey, ClientNetwork Network), Burst> _ofStrangers = [];

    /// <summary>Notes a failure.</summary>
    /// <param name="context">The request.</param>
    /// <param name="credential">What the record calls the credential: the name that came, or the kind.</param>
    /// <param name="key">The access key when there is one of that name.</param>
    /// <param name="reason">What was wrong; without secrets.</param>
    public async ValueTask NoteAsync(HttpContext context, string credential, AccessKeyRecord? key, string reason)
    {
        var network = ClientNetwork.Of(context.Connection.RemoteIpAddress);
        if ((key is null ? Count(_ofStrangers, "", network) : Count(_ofKeys, key.AccessKey, network)) is not { } before)
        {
            return;
        }

        var text = before == 0 ? reason : string.Create(CultureInfo.InvariantCulture, $"{reason}; {before} more since the last record");
        log.Record(await DescribeAsync(context, "authenticationFailed", AuditRating.Warning, credential, key, text));
    }

    /// <summary>Notes that a service has refused a login or token of its own kind.</summary>
    public async ValueTask NoteLoginAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var authorization = headers.Authorization.ToString();
        var name = headers["X-Service-AK"].ToString() is { Length: > 0 } key ? key
            : BasicName(authorization) is { } user ? user
            : authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? "bearer token"
            : null;
        if (name is not null)
        {
            // A login of the registry is PROJECT@KEY.
            var accessKey = name[(name.LastIndexOf('@') + 1)..];
            await NoteAsync(context, Text.Cut(name, MaxName), await FindKeyAsync(accessKey, context.RequestAborted), context.Response.Headers["X-Stagedoor-Error-Code"].ToString());
        }
    }

    private static string? BasicName(string authorization)
    {
        if (!authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var bytes = new byte[authorization.Length];
        return Convert.TryFromBase64Chars(authorization.AsSpan("Basic ".Length).Trim(), bytes, out var length)
            ? Text.Repair(Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2)[0])
            : "unreadable login";
    }

    private async ValueTask<AccessKeyRecord?> FindKeyAsync(string accessKey, CancellationToken cancellationToken)
    {
        try
        {
            return await identities.FindAccessKeyAsync(accessKey, cancellationToken);
        }
        catch (StorageException)
        {
            return null;
        }
    }

    /// <summary>Notes that an access key is locked from now on.</summary>
    public async ValueTask NoteLockAsync(HttpContext context, AccessKeyRecord key) => log.RecordLock(
        await DescribeAsync(context, "accessKeyLocked", AuditRating.Incident, key.AccessKey, key, "too many wrong signatures in a row"));

    private async ValueTask<AuditEvent> DescribeAsync(
        HttpContext context, string traceName, string rating, string credential, AccessKeyRecord? key, string reason)
    {
        var owner = key is null ? null : await FindOwnerAsync(key, context.RequestAborted);
        return AuditEvent.Of(context, log.Now, traceName, "credential", "iam") with
        {
            TraceRating = rating,
            ResourceName = credential,
            UserId = key?.UserId,
            UserName = owner?.UserName,
            DomainId = owner?.DomainId,
            DomainName = owner?.DomainName,
            Code = StatusCodes.Status401Unauthorized,
            Response = reason,
        };
    }

    private async ValueTask<Caller?> FindOwnerAsync(AccessKeyRecord key, CancellationToken cancellationToken)
    {
        try
        {
            return await identities.FindOwnerAsync(key, cancellationToken);
        }
        catch (StorageException)
        {
            // The record matters more than the owner's name.
            return null;
        }
    }

    /// <summary>How many failures went unrecorded before this one; null when it goes unrecorded itself.</summary>
    private int? Count(Dictionary<(string AccessKey, ClientNetwork Network), Burst> bursts, string accessKey, ClientNetwork network)
    {
        var now = log.Now;
        lock (_gate)
        {
            var burst = (accessKey, network);
            if (bursts.Count >= MaxBursts && !bursts.ContainsKey(burst))
            {
                DropEnded(bursts, now);
                burst = bursts.Count >= MaxBursts ? (accessKey, default) : burst;
            }

            var known = bursts.TryGetValue(burst, out var seen);
            if (known && now < seen.Until)
            {
                bursts[burst] = seen with { Unrecorded = seen.Unrecorded + 1 };
                return null;
            }

            bursts[burst] = new(now + s_window, 0);
            return seen.Unrecorded;
        }
    }

    private static void DropEnded(Dictionary<(string AccessKey, ClientNetwork Network), Burst> bursts, DateTimeOffset now)
    {
        foreach (var (other, burst) in bursts)
        {
            if (now >= burst.Until)
            {
                bursts.Remove(other);
            }
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Burst(DateTimeOffset Until, int Unrecorded);
}
