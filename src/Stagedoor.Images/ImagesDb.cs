using Stagedoor.Storage;

namespace Stagedoor.Images;

/// <summary>The tables of the image repository.</summary>
internal sealed class ImagesDb(IDatabaseEngine engine) : Db(engine.Open("images"));
