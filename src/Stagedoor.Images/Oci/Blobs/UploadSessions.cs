using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Stagedoor.Images.Oci.Blobs;

/// <summary>What this process remembers of uploads: whose turn it is, and the hash of what has arrived, which saves reading it again.</summary>
internal sealed class UploadSessions(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, UploadSession> _sessions = new(StringComparer.Ordinal);

    public UploadSession Open(string id)
    {
        var session = _sessions.GetOrAdd(id, static _ => new());
        session.UsedAt = clock.GetTimestamp();
        return session;
    }

    /// <summary>Forgets an upload that is over. Whoever waits for its turn finds no such upload.</summary>
    public void Close(string id)
    {
        if (_sessions.TryRemove(id, out var session))
        {
            session.ForgetHash();
        }
    }

    /// <summary>Forgets the hashes of uploads that rest; they are computed again if one goes on.</summary>
    public void Trim(TimeSpan idle)
    {
        foreach (var (id, session) in _sessions)
        {
            if (clock.GetElapsedTime(session.UsedAt) > idle && session.Turn.CurrentCount == 1)
            {
                Close(id);
            }
        }
    }
}

/// <summary>One upload's turn and hash.</summary>
internal sealed class UploadSession
{
    private IncrementalHash? _hash;
    private string _algorithm = "";
    private long _hashed;

    /// <summary>Held while a request writes to the upload. Never disposed: it has no handle until someone asks for one.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    public long UsedAt { get; set; }

    /// <summary>The hash over exactly the first <paramref name="length"/> bytes; null when it is not known here.</summary>
    public IncrementalHash? FindHash(string algorithm, long length)
    {
        var isSame = string.Equals(_algorithm, algorithm, StringComparison.Ordinal);
        if (length == 0 && (_hash is null || !isSame || _hashed != 0))
        {
            _hash?.Dispose();
            _hash = BlobHash.Create(algorithm);
            _algorithm = algorithm;
            _hashed = 0;
            return _hash;
        }

        return isSame && _hashed == length ? _hash : null;
    }

    /// <summary>Notes how far the hash reaches.</summary>
    public void Keep(IncrementalHash hash, string algorithm, long length) => (_hash, _algorithm, _hashed) = (hash, algorithm, length);

    public void ForgetHash()
    {
        _hash?.Dispose();
        (_hash, _hashed) = (null, 0);
    }
}
