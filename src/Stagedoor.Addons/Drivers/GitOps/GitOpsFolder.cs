using Stagedoor.Addons.Releases;

namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>
/// The folder of a release. What it holds is one revision, whole: a new one is written beside it and takes its place at once, or, where the file system
/// cannot do that, in two steps of which <see cref="Recover"/> takes an unfinished one back.
/// </summary>
internal sealed class GitOpsFolder
{
    private readonly IGitOpsFiles _files;
    private readonly string _parent;
    private readonly string _state;

    /// <param name="files">The files.</param>
    /// <param name="settings">Where the cluster's releases are.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="key">The release.</param>
    /// <exception cref="DriverRejectedException">One of the names can be none of a folder.</exception>
    /// <exception cref="DriverUnavailableException">A link stands in the way.</exception>
    public GitOpsFolder(IGitOpsFiles files, GitOpsSettings settings, string clusterId, ReleaseKey key)
    {
        foreach (var name in (string[])[clusterId, key.Namespace, key.Name])
        {
            if (!GitOpsNames.IsFolderName(name))
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, $"\"{Text.Cut(Text.Repair(name), 100)}\" is no name of a cluster, a namespace or a release.");
            }
        }

        _files = files;
        Relative = $"clusters/{clusterId}/{key.Namespace}/{key.Name}";
        Current = Path.Combine(settings.Folder, "clusters", clusterId, key.Namespace, key.Name);
        _parent = Path.GetDirectoryName(Current)!;
        _state = Path.Combine(settings.Folder, GitOpsDriver.StateFolder, clusterId, key.Namespace, key.Name);
        RequireNoLink(settings.Root, Current);
        RequireNoLink(settings.Root, _state);
    }

    /// <summary>From the folder of all clusters, with slashes.</summary>
    public string Relative { get; }

    public string Current { get; }

    /// <summary>Where a new revision is written.</summary>
    public string New => Path.Combine(_state, "new");

    private string Old => Path.Combine(_state, "old");

    public bool IsThere => _files.HasFolder(Current) || _files.HasFile(Current);

    /// <summary>Whether a change may be under way, or was cut off.</summary>
    public bool IsChanging => _files.HasFolder(Old);

    /// <summary>Ends what was cut off. Only for the holder of the lock.</summary>
    public void Recover()
    {
        if (_files.HasFolder(Old))
        {
            if (IsThere)
            {
                _files.DeleteFolder(Old);
            }
            else
            {
                _files.CreateFolder(_parent);
                _files.MoveFolder(Old, Current);
                _files.SyncFolder(_parent);
            }
        }

        if (_files.HasFolder(New))
        {
            _files.DeleteFolder(New);
        }
    }

    /// <summary>Puts the new revision in the place of the current one.</summary>
    public void Replace()
    {
        _files.SyncFolder(New);
        _files.CreateFolder(_parent);
        if (!IsThere)
        {
            _files.MoveFolder(New, Current);
        }
        else if (!_files.TryExchange(New, Current))
        {
            _files.MoveFolder(Current, Old);
            _files.MoveFolder(New, Current);
        }

        _files.SyncFolder(_parent);
        _files.SyncFolder(_state);
        Recover();
    }

    /// <summary>Takes the current revision away.</summary>
    public void Remove()
    {
        // Out of sight in one step; what a cut leaves of it is taken for a new revision that was never finished.
        _files.CreateFolder(_state);
        _files.MoveFolder(Current, New);
        _files.SyncFolder(_parent);
        _files.DeleteFolder(_state);
    }

    private void RequireNoLink(string root, string path)
    {
        for (var at = path; at.Length > root.Length; at = Path.GetDirectoryName(at)!)
        {
            if (_files.IsLink(at))
            {
                throw new DriverUnavailableException($"A link stands at {Path.GetRelativePath(root, at)}, where a folder has to be.");
            }
        }
    }
}
