using System.IO.Enumeration;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Tests.Store;

#pragma warning disable CA5394 // Nobody has to guess what is tried.

/// <summary>Files in memory that fail when they are told to, and forget what was not flushed when the power goes.</summary>
internal sealed class MemoryFiles : IStoreFiles
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, MemoryFile> _files = new(StringComparer.Ordinal);
    private int _steps;

    /// <summary>At how many changes the process is killed: that one and all behind it fail.</summary>
    public int KilledAt { get; set; } = int.MaxValue;

    /// <summary>What every change fails with, as long as it stands.</summary>
    public Func<IOException>? Fault { get; set; }

    /// <summary>The same, but only when something is made durable.</summary>
    public Func<IOException>? FlushFault { get; set; }

    /// <summary>Whether no file can grow any more; what is there can be written over.</summary>
    public bool IsFull { get; set; }

    public int Steps => _steps;

    public bool IsKilled => _steps >= KilledAt;

    public static IOException Full() => new("No space left on device", 28);

    public IReadOnlyCollection<string> Names
    {
        get
        {
            lock (_gate)
            {
                return [.. _files.Keys];
            }
        }
    }

    /// <summary>The bytes of a file, which may be changed.</summary>
    public byte[] this[string name] => Find(name).Current;

    public void Truncate(string name, int length)
    {
        var file = Find(name);
        file.Current = file.Durable = file.Current[..length];
    }

    public IStoreFile Open(string path)
    {
        lock (_gate)
        {
            if (!_files.TryGetValue(path, out var file))
            {
                Step();
                _files[path] = file = new();
            }

            return new Handle(this, file);
        }
    }

    public IReadOnlyList<string> List(string folder, string pattern)
    {
        lock (_gate)
        {
            return [.. _files.Keys.Where(p => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(p))).Order(StringComparer.Ordinal)];
        }
    }

    public void Move(string path, string newPath)
    {
        lock (_gate)
        {
            Step();
            _files[newPath] = _files[path];
            _files.Remove(path);
        }
    }

    public void Delete(string path)
    {
        lock (_gate)
        {
            Step();
            _files.Remove(path);
        }
    }

    public void SyncFolder(string folder) => Step();

    /// <summary>What is there after the power went: of what was written since the last flush, some parts and others not.</summary>
    public MemoryFiles AfterPowerLoss(Random random)
    {
        var after = new MemoryFiles();
        lock (_gate)
        {
            foreach (var (path, file) in _files)
            {
                after._files[path] = file.AfterPowerLoss(random);
            }
        }

        return after;
    }

    private MemoryFile Find(string name)
    {
        lock (_gate)
        {
            return _files.Single(f => Path.GetFileName(f.Key) == name).Value;
        }
    }

    private void Step()
    {
        if (Interlocked.Increment(ref _steps) >= KilledAt)
        {
            throw new IOException("The process was killed.");
        }

        if (Fault?.Invoke() is { } fault)
        {
            throw fault;
        }
    }

    private sealed class MemoryFile
    {
        private const int Sector = 512;

        private readonly Lock _gate = new();
        private readonly List<(long Offset, int Length)> _pending = [];

        public byte[] Current { get; set; } = [];

        public byte[] Durable { get; set; } = [];

        public long Length
        {
            get
            {
                lock (_gate)
                {
                    return Current.Length;
                }
            }
        }

        public int Read(Span<byte> into, long offset)
        {
            lock (_gate)
            {
                if (offset >= Current.Length)
                {
                    return 0;
                }

                var part = Current.AsSpan((int)offset, Math.Min(into.Length, Current.Length - (int)offset));
                part.CopyTo(into);
                return part.Length;
            }
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            lock (_gate)
            {
                if (Current.Length < offset + bytes.Length)
                {
                    Resize((int)offset + bytes.Length);
                }

                bytes.CopyTo(Current.AsSpan((int)offset));
                _pending.Add((offset, bytes.Length));
            }
        }

        public void SetLength(long length)
        {
            lock (_gate)
            {
                Resize((int)length);
                Durable = Durable.Length > length ? Durable[..(int)length] : Durable;
                _pending.RemoveAll(p => p.Offset + p.Length > length);
            }
        }

        public void Flush()
        {
            lock (_gate)
            {
                Durable = [.. Current];
                _pending.Clear();
            }
        }

        public MemoryFile AfterPowerLoss(Random random)
        {
            lock (_gate)
            {
                var bytes = new byte[random.Next(2) == 0 ? Current.Length : Durable.Length];
                Durable.AsSpan(0, Math.Min(bytes.Length, Durable.Length)).CopyTo(bytes);
                foreach (var (offset, length) in _pending)
                {
                    for (var at = offset; at < offset + length; at += Sector - (at % Sector))
                    {
                        var end = (int)Math.Min(Math.Min(offset + length, at + Sector - (at % Sector)), bytes.Length);
                        if (at < end && random.Next(3) > 0)
                        {
                            Current.AsSpan((int)at, end - (int)at).CopyTo(bytes.AsSpan((int)at));
                        }
                    }
                }

                return new() { Current = bytes, Durable = [.. bytes] };
            }
        }

        private void Resize(int length)
        {
            var bytes = new byte[length];
            Current.AsSpan(0, Math.Min(length, Current.Length)).CopyTo(bytes);
            Current = bytes;
        }
    }

    private sealed class Handle(MemoryFiles files, MemoryFile file) : IStoreFile
    {
        private bool _isClosed;

        public long Length => Opened().Length;

        public int Read(Span<byte> into, long offset) => Opened().Read(into, offset);

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset)
        {
            foreach (var part in parts)
            {
                try
                {
                    files.Step();
                    if (files.IsFull && offset + part.Length > Opened().Length)
                    {
                        throw Full();
                    }
                }
                catch (IOException)
                {
                    // A part of it may have come through.
                    Opened().Write(part.Span[..(part.Length / 2)], offset);
                    throw;
                }

                Opened().Write(part.Span, offset);
                offset += part.Length;
            }
        }

        public void SetLength(long length)
        {
            files.Step();
            Opened().SetLength(length);
        }

        public void Flush()
        {
            files.Step();
            if (files.FlushFault?.Invoke() is { } fault)
            {
                throw fault;
            }

            Opened().Flush();
        }

        public void Dispose() => _isClosed = true;

        private MemoryFile Opened() => _isClosed ? throw new ObjectDisposedException("A file that was closed.") : file;
    }
}
