using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Memory;

/// <summary>A registered instance with its lease.</summary>
internal sealed class InstanceNode
{
    private const int DefaultInterval = 30;
    private const int DefaultTimes = 3;
    private volatile State _state;
    private volatile Grace? _grace;
    private long _heardAt;
    private int _isRenewed;

    public InstanceNode(ServiceNode service, string id, Instance body, long revision)
    {
        (Service, Id) = (service, id);
        _state = new(body, revision);
        Identity = LeaseIdentity.Of(service.Tenant.Key, service.Id, id);
    }

    public ServiceNode Service { get; }

    public string Id { get; }

    /// <summary>Its name among replicas.</summary>
    public ulong Identity { get; }

    public Instance Body => _state.Body;

    /// <summary>The revision of its last change.</summary>
    public long Revision => _state.Revision;

    /// <summary>The body as it goes over the wire.</summary>
    public byte[] Json => _state.Json();

    /// <summary>Stands for the body. Revisions begin anew with an empty database, and then the same one may belong to another body.</summary>
    public long Digest => _state.Digest();

    /// <summary>How long a lease lasts, in milliseconds.</summary>
    public long LeaseMilliseconds => _state.LeaseMilliseconds;

    /// <summary>When it was heard of last, on the engine's monotonic clock in milliseconds.</summary>
    public long HeardAt => Volatile.Read(ref _heardAt);

    /// <summary>When the lease ends, on the same clock.</summary>
    public long ExpiresAt
    {
        get
        {
            var heard = HeardAt;
            var end = heard + LeaseMilliseconds;
            return _grace is { } grace && grace.HeardAt == heard ? Math.Max(end, grace.Until) : end;
        }
    }

    /// <summary>It is registered no more; its lease means nothing.</summary>
    public bool IsGone { get; set; }

    public void Update(Instance body, long revision) => _state = new(body, revision);

    /// <summary>Starts the lease anew: it was heard of.</summary>
    public void Renew(long now) => Volatile.Write(ref _heardAt, now);

    /// <summary>How long nothing was heard of it although it could have been.</summary>
    public long SilentFor(long now)
    {
        var heard = HeardAt;
        return now - heard - (_grace is { } grace && grace.HeardAt == heard ? grace.Deaf : 0);
    }

    /// <summary>Whether it has missed two heartbeats, or its whole lease when that is shorter.</summary>
    public bool IsSilent(long now) => SilentFor(now) >= _state.SilenceMilliseconds;

    /// <summary>
    /// Lets the lease last one lease from now, as for a time nobody could be heard; but no row of faults makes more than two leases of it. One
    /// thread at a time.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="deaf">For how long until now nobody could be heard; that is not held against it.</param>
    public void Excuse(long now, long deaf)
    {
        var heard = HeardAt;
        var known = GraceSince(heard);
        var total = known.Deaf + Math.Clamp(deaf, 0, now - heard);
        _grace = known with { Deaf = total, Until = Math.Max(known.Until, Math.Min(now + LeaseMilliseconds, heard + total + (2 * LeaseMilliseconds))) };
    }

    /// <summary>Lets the lease last one lease from now, as almost nobody is heard of; once until it is heard of again. One thread at a time.</summary>
    public void Keep(long now)
    {
        var known = GraceSince(HeardAt);
        if (!known.IsKept)
        {
            _grace = known with { IsKept = true, Until = Math.Max(known.Until, now + LeaseMilliseconds) };
        }
    }

    /// <summary>Notes that other replicas have to hear of a renewal; true for the first since they did.</summary>
    public bool NoteRenewal() => Volatile.Read(ref _isRenewed) == 0 && Interlocked.Exchange(ref _isRenewed, 1) == 0;

    public void ForgetRenewal() => Volatile.Write(ref _isRenewed, 0);

    private Grace GraceSince(long heard) => _grace is { } grace && grace.HeardAt == heard ? grace : new(heard, 0, 0, false);

    private sealed class State(Instance body, long revision)
    {
        private byte[]? _json;
        private long _digest;

        public Instance Body { get; } = body;

        public long Revision { get; } = revision;

        public long LeaseMilliseconds { get; } = LeaseOf(body.HealthCheck);

        public long SilenceMilliseconds => Math.Min(2_000L * (Body.HealthCheck?.Interval ?? DefaultInterval), LeaseMilliseconds);

        private static long LeaseOf(HealthCheck? check) => 1_000L * (check?.Interval ?? DefaultInterval) * ((check?.Times ?? DefaultTimes) + 1L);

        public long Digest()
        {
            if (_digest == 0)
            {
                Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
                SHA256.HashData(Json(), hash);
                Volatile.Write(ref _digest, BinaryPrimitives.ReadInt64LittleEndian(hash));
            }

            return Volatile.Read(ref _digest);
        }

        public byte[] Json() => _json ??= JsonSerializer.SerializeToUtf8Bytes(Body, DiscoveryJson.Wire.Instance);
    }

    /// <summary>More time for an instance that was not heard of since <paramref name="HeardAt"/>; afterwards it means nothing.</summary>
    private sealed record Grace(long HeardAt, long Until, long Deaf, bool IsKept);
}
