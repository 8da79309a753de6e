using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Engine;

/// <summary>A registered instance with its lease.</summary>
internal sealed class InstanceNode
{
    private const int DefaultInterval = 30;
    private const int DefaultTimes = 3;
    private volatile State _state;
    private long _expiresAt;
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

    /// <summary>When the lease ends, on the engine's monotonic clock in milliseconds.</summary>
    public long ExpiresAt => Volatile.Read(ref _expiresAt);

    /// <summary>It is registered no more; its lease means nothing.</summary>
    public bool IsGone { get; set; }

    public void Update(Instance body, long revision) => _state = new(body, revision);

    /// <summary>Starts the lease anew.</summary>
    public void Renew(long now) => Volatile.Write(ref _expiresAt, now + LeaseMilliseconds);

    /// <summary>Notes that other replicas have to hear of a renewal; true for the first since they did.</summary>
    public bool NoteRenewal() => Volatile.Read(ref _isRenewed) == 0 && Interlocked.Exchange(ref _isRenewed, 1) == 0;

    public void ForgetRenewal() => Volatile.Write(ref _isRenewed, 0);

    private sealed class State(Instance body, long revision)
    {
        private byte[]? _json;
        private long _digest;

        public Instance Body { get; } = body;

        public long Revision { get; } = revision;

        public long LeaseMilliseconds { get; } =
            1_000L * (body.HealthCheck?.Interval ?? DefaultInterval) * ((body.HealthCheck?.Times ?? DefaultTimes) + 1L);

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
}
