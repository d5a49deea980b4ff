package attachments

import (
	"context"
	"fmt"
	"os"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // knows s3://
)

// OpenBucket opens where attachments lie: a folder, which is made for its owner
// alone where it is not there, or s3://BUCKET?region=…&endpoint=… of an S3-compatible
// service, whose keys come from the environment as its own tools read them. A service
// that does not take the bucket for a part of its host's name wants
// use_path_style=true besides.
func OpenBucket(ctx context.Context, place string) (*blob.Bucket, error) {
	if strings.HasPrefix(place, "s3://") {
		bucket, err := blob.OpenBucket(ctx, place)
		if err != nil {
			return nil, fmt.Errorf("open the attachments' bucket: %w", err)
		}
		return bucket, nil
	}
	if err := os.MkdirAll(place, 0o700); err != nil {
		return nil, fmt.Errorf("make the attachments' folder: %w", err)
	}
	// Beside the file: elsewhere it could not be renamed into place.
	bucket, err := fileblob.OpenBucket(place, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite, DirFileMode: 0o700})
	if err != nil {
		return nil, fmt.Errorf("open the attachments' folder: %w", err)
	}
	return bucket, nil
}
