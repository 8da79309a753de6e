using Stagedoor.Images.Manifests;

namespace Stagedoor.Images.Sync;

/// <summary>
/// Copies what refers to an image: signatures, bills of materials and other manifests that name it, or an image of it where it is an index, as their subject, and
/// what refers to those. Like everything else only what is missing there.
/// </summary>
internal sealed class CopyReferrers(ManifestStore manifests, CopyContent content)
{
    /// <summary>How many are copied with a tag.</summary>
    public const int MaxReferrers = 1000;

    /// <summary>How far it goes: what refers to the image, what refers to that, and so on.</summary>
    public const int MaxDepth = 3;

    // Nobody has an index of so many; it bounds what is asked of the database.
    private const int MaxImages = 1000;
    private const int Page = 100;

    /// <summary>Copies what refers to the image of an attempt. What the target refuses is noted in the attempt, which goes on.</summary>
    /// <exception cref="RemoteException">The target cannot be reached, or does not do as registries do.</exception>
    public async Task RunAsync(CopyAttempt attempt, CancellationToken cancellationToken)
    {
        var subjects = await ListImagesAsync(attempt.Copy, cancellationToken);
        var seen = new HashSet<Digest>(subjects);
        var room = MaxReferrers;
        for (var depth = 0; depth < MaxDepth && subjects.Count > 0; depth++)
        {
            var next = new List<Digest>();
            foreach (var subject in subjects)
            {
                var referrers = await ListAsync(attempt.Copy.RepositoryId, subject, room + 1, cancellationToken);
                referrers.RemoveAll(r => !seen.Add(r));
                if (referrers.Count > room)
                {
                    attempt.HasMoreReferrers = true;
                    referrers.RemoveRange(room, referrers.Count - room);
                }

                await CopyAsync(attempt, subject, referrers, cancellationToken);
                next.AddRange(referrers);
                room -= referrers.Count;
            }

            subjects = next;
        }
    }

    private async Task CopyAsync(CopyAttempt attempt, Digest subject, List<Digest> referrers, CancellationToken cancellationToken)
    {
        var unlisted = new List<Referrer>();
        foreach (var digest in referrers)
        {
            if (await SendAsync(attempt, digest, cancellationToken) is { } sent
                && (sent.Subject != subject || !await attempt.Remote.ListsReferrersAsync(subject, cancellationToken)))
            {
                unlisted.Add(sent.Entry);
            }
        }

        if (unlisted.Count == 0)
        {
            return;
        }

        // There is no way to change a tag only if nobody else has meanwhile: a list that another writes at this moment can lack an entry until the next copy.
        var tag = ReferrersTag.NameOf(subject);
        await TryAsync(attempt, async () =>
        {
            if (ReferrersTag.Merge(await attempt.Remote.FindIndexAsync(tag, cancellationToken), unlisted) is { } list)
            {
                await attempt.Remote.PutManifestAsync(tag, MediaTypes.OciIndex, list, replaces: true, cancellationToken);
            }
        });
    }

    // Answers what it is where it is there then; null where it has gone from here meanwhile, or the target refuses it.
    private async Task<(Digest? Subject, Referrer Entry)?> SendAsync(CopyAttempt attempt, Digest digest, CancellationToken cancellationToken)
    {
        var name = digest.ToString();
        if (await manifests.FindAsync(attempt.Copy.RepositoryId, name, cancellationToken) is not { } manifest)
        {
            return null;
        }

        if (attempt.Done.Add(name) && await attempt.Remote.FindManifestAsync(name, cancellationToken) is null)
        {
            await content.PrepareAsync(attempt, name, cancellationToken);
            if (!await TryAsync(attempt, () => attempt.Remote.PutManifestAsync(name, manifest.MediaType, manifest.Content, replaces: true, cancellationToken)))
            {
                return null;
            }

            attempt.Referrers++;
        }

        var document = ManifestDocument.Parse(manifest.Content, manifest.MediaType);
        return (document.Subject?.Digest, new()
        {
            Digest = name,
            MediaType = manifest.MediaType,
            ArtifactType = document.ArtifactType,
            Size = manifest.Content.Length,
            Annotations = document.Annotations,
        });
    }

    // A registry that does not take such manifests at all is no reason to be without the image there.
    private static async Task<bool> TryAsync(CopyAttempt attempt, Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (RemoteException e) when (e.IsRefusal)
        {
            attempt.RefusedReferrer ??= e.Message;
            return false;
        }
    }

    private async Task<List<Digest>> ListAsync(long repositoryId, Digest subject, int count, CancellationToken cancellationToken)
    {
        var found = new List<Digest>();
        var last = "";
        while (found.Count < count)
        {
            var page = await manifests.ListReferrersAsync(repositoryId, subject.ToString(), "", last, Math.Min(Page, count - found.Count), cancellationToken);
            if (page.Count == 0)
            {
                break;
            }

            found.AddRange(page.Select(static r => Digest.Parse(r.Digest)));
            last = page[^1].Digest;
        }

        // Clients that know no subjects, and copies from registries without them, list what refers to an image under a tag.
        if (await manifests.FindTagAsync(repositoryId, ReferrersTag.NameOf(subject), cancellationToken) is { } digest
            && await manifests.FindAsync(repositoryId, digest, cancellationToken) is { } list && MediaTypes.IsIndex(list.MediaType))
        {
            found.AddRange(ManifestDocument.Parse(list.Content, list.MediaType).References.Select(static r => r.Digest).Take(count - found.Count));
        }

        return found;
    }

    /// <summary>The image, and the images of an index.</summary>
    private async Task<List<Digest>> ListImagesAsync(BegunCopy copy, CancellationToken cancellationToken)
    {
        var images = new List<(Digest Digest, bool IsIndex)> { (Digest.Parse(copy.Digest), true) };
        for (var i = 0; i < images.Count; i++)
        {
            if (images[i].IsIndex && await manifests.FindAsync(copy.RepositoryId, images[i].Digest.ToString(), cancellationToken) is { } manifest && MediaTypes.IsIndex(manifest.MediaType))
            {
                images.AddRange(ManifestDocument.Parse(manifest.Content, manifest.MediaType).References
                    .Select(static r => (r.Digest, MediaTypes.IsIndex(r.MediaType))).Except(images).Take(MaxImages - images.Count).ToList());
            }
        }

        return [.. images.Select(static i => i.Digest).Distinct()];
    }
}
